import { TRANSPORTS } from "../serving/query-stats.js";
import { copyOctets } from "./copy.js";
import { AT, type LogRecord } from "./record.js";

/**
 * Messages of dnstap (https://dnstap.info, dnstap.proto) as frames of Frame Streams. The few fields of Protocol Buffers that it takes are
 * written here, without a library: each has a key (its number and how it is encoded), and a message inside another one its length in front.
 */

export const CONTENT_TYPE = "protobuf:dnstap.Dnstap";

/** How fields are encoded (https://protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** Fields of `Dnstap`. */
const DNSTAP = { identity: 1, version: 2, message: 14, type: 15 } as const;
const TYPE_MESSAGE = 1;

/** Fields of `Message`. */
const MESSAGE = {
  type: 1,
  family: 2,
  protocol: 3,
  queryAddress: 4,
  responseAddress: 5,
  queryPort: 6,
  responsePort: 7,
  querySeconds: 8,
  queryNanoseconds: 9,
  query: 10,
  responseSeconds: 12,
  responseNanoseconds: 13,
  response: 14,
} as const;

/** Types of messages: what a server is asked that answers from its zones, and what one is asked that resolves. */
const AUTH_QUERY = 1;
const CLIENT_QUERY = 5;
/** From a query's type to that of its response. */
const TO_RESPONSE = 1;

/** `SocketProtocol` by index in `TRANSPORTS`: UDP, TCP, DOT, DOH. */
const PROTOCOLS = { udp: 1, tcp: 2, tls: 3, https: 4 } as const;
const PROTOCOL_OF: readonly number[] = TRANSPORTS.map((transport) => PROTOCOLS[transport]);

const RD = 0x01;
const IPV6_OCTETS = 16;
/** Most octets of a frame besides addresses, names and messages: keys, lengths, ports and times. */
const FIXED = 128;
/** Octets of a length in front of a frame. */
const PREFIX = 4;
/** Octets of a length of three varint digits, which lengths up to two million have; written with leading zeros if it is less. */
const LENGTH = 3;

export interface DnstapOptions {
  /** Who answers, for programs that read what several servers have written. */
  readonly identity: string;
  readonly version: string;
}

/** Writes frames one behind the other into memory of the caller. */
export class DnstapWriter {
  /** What all frames begin with. */
  readonly #head: Uint8Array;
  #out: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor({ identity, version }: DnstapOptions) {
    const [own, program] = [Buffer.from(identity), Buffer.from(version)];
    this.#out = new Uint8Array(own.length + program.length + FIXED);
    this.#bytes(DNSTAP.identity, own, 0, own.length);
    this.#bytes(DNSTAP.version, program, 0, program.length);
    this.#number(DNSTAP.type, TYPE_MESSAGE);
    this.#key(DNSTAP.message, BYTES);
    this.#head = this.#out.slice(0, this.#at);
  }

  /** Octets that a frame has at most. */
  room({ queryLength, keptLength }: Pick<LogRecord, "queryLength" | "keptLength">): number {
    return FIXED + this.#head.length + 2 * IPV6_OCTETS + Math.max(queryLength, keptLength);
  }

  /**
   * Writes a frame: the query, or its answer.
   * @param epochMs milliseconds since 1970 when the clock of the threads was 0
   * @returns the index behind it
   */
  write(out: Uint8Array, at: number, record: LogRecord, isResponse: boolean, epochMs: number): number {
    this.#out = out;
    copyOctets(this.#head, 0, this.#head.length, out, at + PREFIX);
    const lengthAt = at + PREFIX + this.#head.length;
    this.#at = lengthAt + LENGTH;
    this.#message(record, isResponse, epochMs);
    this.#length(lengthAt, this.#at - lengthAt - LENGTH);
    const length = this.#at - at - PREFIX;
    out[at] = length >>> 24;
    out[at + 1] = length >>> 16;
    out[at + 2] = length >>> 8;
    out[at + 3] = length;
    return this.#at;
  }

  #message(record: LogRecord, isResponse: boolean, epochMs: number): void {
    const { octets, at, queryLength, clientLength, serverLength, clientPort, serverPort } = record;
    // As BIND does: a query that wants recursion is asked of a resolver.
    const wantsRecursion = queryLength > 2 && (octets[at + AT.messages + 2] & RD) !== 0;
    const kind = wantsRecursion ? CLIENT_QUERY : AUTH_QUERY;
    this.#number(MESSAGE.type, isResponse ? kind + TO_RESPONSE : kind);
    this.#number(MESSAGE.family, clientLength === IPV6_OCTETS ? 2 : 1);
    this.#number(MESSAGE.protocol, PROTOCOL_OF[record.transport] ?? PROTOCOLS.udp);
    this.#bytes(MESSAGE.queryAddress, octets, at + AT.client, clientLength);
    // Of a listener at all addresses of one family, a client of the other family may be known.
    if (serverLength === clientLength) this.#bytes(MESSAGE.responseAddress, octets, at + AT.server, serverLength);
    if (clientPort > 0) this.#number(MESSAGE.queryPort, clientPort);
    if (serverPort > 0) this.#number(MESSAGE.responsePort, serverPort);
    this.#time(MESSAGE.querySeconds, MESSAGE.queryNanoseconds, record.queriedAt + epochMs);
    if (!isResponse) {
      this.#bytes(MESSAGE.query, octets, at + AT.messages, queryLength);
      return;
    }
    this.#time(MESSAGE.responseSeconds, MESSAGE.responseNanoseconds, record.answeredAt + epochMs);
    this.#bytes(MESSAGE.response, octets, record.answerAt, record.keptLength);
  }

  /** @param ms since 1970 */
  #time(secondsField: number, nanosecondsField: number, ms: number): void {
    const seconds = Math.floor(ms / 1000);
    this.#number(secondsField, seconds);
    this.#fixed(nanosecondsField, Math.floor((ms - seconds * 1000) * 1e6));
  }

  #key(field: number, encoding: number): void {
    this.#out[this.#at++] = (field << 3) | encoding;
  }

  #number(field: number, value: number): void {
    this.#key(field, VARINT);
    this.#varint(value);
  }

  /** Seven bits an octet, the lowest first; all but the last have the highest bit set. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#out[this.#at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#out[this.#at++] = rest;
  }

  #length(at: number, length: number): void {
    this.#out[at] = (length & 0x7f) | 0x80;
    this.#out[at + 1] = ((length >>> 7) & 0x7f) | 0x80;
    this.#out[at + 2] = length >>> 14;
  }

  #fixed(field: number, value: number): void {
    this.#key(field, FIXED32);
    const out = this.#out;
    out[this.#at++] = value;
    out[this.#at++] = value >>> 8;
    out[this.#at++] = value >>> 16;
    out[this.#at++] = value >>> 24;
  }

  #bytes(field: number, from: Uint8Array, start: number, length: number): void {
    this.#key(field, BYTES);
    this.#varint(length);
    copyOctets(from, start, length, this.#out, this.#at);
    this.#at += length;
  }
}
