import type { Request } from "../answer/request.js";

import type { QueryRecorder, Recorded } from "../serving/query-recorder.js";
import { HEADER } from "../wire/protocol.js";
import { copyOctets } from "./copy.js";
import { QueryLogCounts } from "./counts.js";
import { LogFilter } from "./filter.js";
import { AT, recordSize } from "./record.js";
import type { Recording, RecordSettings } from "./recording.js";
import { RingWriter } from "./ring.js";

/** Copies queries and their answers to a ring, from which another thread writes them. */
export class Recorder implements QueryRecorder {
  readonly #settings: RecordSettings;
  readonly #counts: QueryLogCounts;
  readonly #writer: number;
  readonly #filter: LogFilter;
  readonly #ring: RingWriter;
  /** Whether whole answers are logged: else their header and their size are enough. */
  readonly #keepsAnswers: boolean;
  #isPending = false;
  #queriedAt = 0;
  #answeredAt = 0;

  /** @param random from 0 up to but not including 1 */
  constructor({ settings, memory, counts, writers, writer }: Recording, random: () => number) {
    this.#settings = settings;
    this.#counts = new QueryLogCounts(writers, counts);
    this.#writer = writer;
    this.#filter = new LogFilter(settings, random);
    this.#ring = new RingWriter(memory);
    this.#keepsAnswers = settings.format === "dnstap" && settings.messages !== "queries";
  }

  record(request: Request, answer: Uint8Array, size: number, zone: number, { query, rcode }: Recorded): void {
    const { client, length } = request;
    if (!this.#filter.wants(query, rcode, client.octets)) return;
    const kept = this.#keepsAnswers ? size : Math.min(size, HEADER);
    const ring = this.#ring;
    const at = ring.begin(recordSize(length + kept));
    if (at < 0) {
      this.#counts.overflow(this.#writer);
      return;
    }
    const { octets, words } = ring;
    const { port, server } = request;
    words[(at + AT.ports) / 4] = port | (server.port << 16);
    words[(at + AT.rcode) / 4] = rcode;
    words[(at + AT.queryLength) / 4] = length;
    words[(at + AT.keptLength) / 4] = kept;
    words[(at + AT.answerLength) / 4] = size;
    octets[at + AT.kinds] = request.channel.transport;
    octets[at + AT.kinds + 1] = zone;
    octets[at + AT.kinds + 2] = client.octets.length;
    octets[at + AT.kinds + 3] = server.octets.length;
    copyOctets(client.octets, 0, client.octets.length, octets, at + AT.client);
    this.#mask(octets, at + AT.client, client.octets.length);
    copyOctets(server.octets, 0, server.octets.length, octets, at + AT.server);
    copyOctets(request.message, 0, length, octets, at + AT.messages);
    copyOctets(answer, 0, kept, octets, at + AT.messages + length);
    this.#isPending = true;
  }

  /** Takes away what must not be logged of an address. */
  #mask(octets: Uint8Array, at: number, length: number): void {
    const { ipv4PrefixLength, ipv6PrefixLength } = this.#settings;
    const bits = length === IPV4_OCTETS ? ipv4PrefixLength : ipv6PrefixLength;
    for (let i = bits >>> 3; i < length; i++) octets[at + i] &= i === bits >>> 3 ? 0xff00 >>> (bits & 7) : 0;
  }

  end(queriedAt: number, answeredAt: number): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#queriedAt = queriedAt;
    this.#answeredAt = answeredAt;
    this.#ring.eachUnpublished(this.#setTimes);
    this.#ring.publish();
  }

  readonly #setTimes = (at: number): void => {
    this.#ring.numbers[(at + AT.queriedAt) / 8] = this.#queriedAt;
    this.#ring.numbers[(at + AT.answeredAt) / 8] = this.#answeredAt;
  };
}

const IPV4_OCTETS = 4;
