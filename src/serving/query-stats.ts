import type { OptRecord } from "../wire/edns.js";
import { TYPE } from "../wire/protocol.js";

/**
 * Counters of one answering thread, in shared memory. The thread increments them, and the main thread reads them for Prometheus.
 * A labelled counter of prom-client would cost about a microsecond a query; incrementing an array element costs almost nothing.
 * Every slot has one writer. A reader may see a value that is one query old.
 */

export const TRANSPORTS = ["udp", "tcp", "tls", "https"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Who answers for the name: a zone of this server, upstreams, or nobody (malformed and refused queries, other classes). */
export const ZONES = ["local", "forward", "none"] as const;
const LOCAL = ZONES.indexOf("local");

/** Families of clients' addresses. */
export const FAMILIES = ["ipv4", "ipv6"] as const;
const IPV6_OCTETS = 16;

/** What becomes of a TLS connection. */
export const TLS_EVENTS = ["secured", "failed", "closed"] as const;
export type TlsEvent = (typeof TLS_EVENTS)[number];

/** Types that are counted individually. All others count as "other", so that clients cannot increase the number of series. */
export const COUNTED_TYPES = [
  ["A", TYPE.A],
  ["AAAA", TYPE.AAAA],
  ["SRV", TYPE.SRV],
  ["PTR", TYPE.PTR],
  ["SOA", TYPE.SOA],
  ["NS", TYPE.NS],
  ["TXT", TYPE.TXT],
  ["ANY", TYPE.ANY],
] as const;
export const TYPE_LABELS: readonly string[] = [...COUNTED_TYPES.map(([name]) => name), "other"];

/** Rcodes up to BADCOOKIE are counted individually. The last slot is for all others that an upstream may send. */
export const RCODES = 25;

/** Upper bounds in seconds. */
export const DURATION_BUCKETS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
] as const;
/** Upper bounds in octets. */
export const SIZE_BUCKETS = [64, 128, 256, 512, 1024, 1232, 4096, 16_384, 65_535] as const;
/** The same of queries, which are smaller. */
export const QUERY_SIZE_BUCKETS = [32, 48, 64, 96, 128, 256, 512, 1232, 4096, 65_535] as const;

const TYPE_SLOTS = 256;
const SLOTS = {
  requests: TRANSPORTS.length * TYPE_LABELS.length * ZONES.length,
  responses: TRANSPORTS.length * RCODES,
  durations: ZONES.length * (DURATION_BUCKETS.length + 2),
  sizes: TRANSPORTS.length * (SIZE_BUCKETS.length + 2),
  truncated: TRANSPORTS.length,
  dropped: TRANSPORTS.length,
  failures: 1,
  partial: 1,
  limited: 2,
  connections: 3,
  receiveDrops: 1,
  families: FAMILIES.length,
  edns: 1,
  dnssecOk: 1,
  querySizes: TRANSPORTS.length * (QUERY_SIZE_BUCKETS.length + 2),
  tls: TRANSPORTS.length * TLS_EVENTS.length,
} as const;

type Section = keyof typeof SLOTS;

const START = {} as Record<Section, number>;
let total = 0;
for (const section of Object.keys(SLOTS) as Section[]) {
  START[section] = total;
  total += SLOTS[section];
}

/** A histogram in the form of Prometheus: cumulative counts for each bound, the number of values, and their sum. */
export interface HistogramValues {
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** The properties of an answer that are counted. */
export interface Answered {
  readonly query: { readonly type: number };
  readonly rcode: number;
  readonly truncated: boolean;
}

/** The properties of a query that are counted besides its question. */
export interface Asked {
  readonly length: number;
  readonly client: { readonly octets: Uint8Array };
  readonly channel: { readonly transport: number };
}

export class QueryStats {
  readonly memory: SharedArrayBuffer;
  readonly #values: Float64Array;
  readonly #typeIndex = new Uint8Array(TYPE_SLOTS).fill(TYPE_LABELS.length - 1);

  constructor(memory = new SharedArrayBuffer(total * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#values = new Float64Array(memory);
    COUNTED_TYPES.forEach(([, type], index) => {
      this.#typeIndex[type] = index;
    });
  }

  /** Counts an answer. `transport` and `zone` are indices in `TRANSPORTS` and `ZONES`. */
  answered(transport: number, zone: number, octets: number, { query, rcode, truncated }: Answered): void {
    const { type } = query;
    const values = this.#values;
    const typeIndex = type < TYPE_SLOTS ? this.#typeIndex[type] : TYPE_LABELS.length - 1;
    values[START.requests + (transport * TYPE_LABELS.length + typeIndex) * ZONES.length + zone]++;
    values[START.responses + transport * RCODES + Math.min(rcode, RCODES - 1)]++;
    if (truncated) values[START.truncated + transport]++;
    observe(values, START.sizes + transport * (SIZE_BUCKETS.length + 2), SIZE_BUCKETS, octets, 1);
  }

  /** Counts a query that is answered: its size, its client's family of addresses, and what it says of EDNS. */
  asked({ length, client, channel }: Asked, { present, dnssecOk }: Pick<OptRecord, "present" | "dnssecOk">): void {
    const values = this.#values;
    values[START.families + (client.octets.length === IPV6_OCTETS ? 1 : 0)]++;
    if (present) values[START.edns]++;
    if (dnssecOk) values[START.dnssecOk]++;
    const start = START.querySizes + channel.transport * (QUERY_SIZE_BUCKETS.length + 2);
    observe(values, start, QUERY_SIZE_BUCKETS, length, 1);
  }

  /** Counts the first message of the response to a query for a zone transfer. */
  transferred(transport: number, message: Uint8Array): void {
    const rcode = message[3] & 0x0f;
    this.answered(transport, LOCAL, message.length, { query: { type: TYPE.AXFR }, rcode, truncated: false });
  }

  /** Counts the duration of a number of answers, which is the same for all of them. */
  took(zone: number, seconds: number, answers: number): void {
    const start = START.durations + zone * (DURATION_BUCKETS.length + 2);
    observe(this.#values, start, DURATION_BUCKETS, seconds, answers);
  }

  /** Counts a message that is not answered. */
  dropped(transport: number): void {
    this.#values[START.dropped + transport]++;
  }

  /** Counts a response that rate limiting truncated (`slipped`) or withheld. */
  limited(slipped: boolean): void {
    this.#values[START.limited + (slipped ? 0 : 1)]++;
  }

  /** Counts an exception that the answer path caught. */
  failed(): void {
    this.#values[START.failures]++;
  }

  /** Counts an incomplete answer: no message can hold all of its records. */
  partial(): void {
    this.#values[START.partial]++;
  }

  /** Counts a TCP connection that was accepted, closed, or refused because of a limit. */
  connection(event: "opened" | "closed" | "refused"): void {
    this.#values[START.connections + ["opened", "closed", "refused"].indexOf(event)]++;
  }

  /** Counts a TLS handshake that is complete or has failed, and the end of a connection that had one. */
  tls(transport: number, event: TlsEvent): void {
    this.#values[START.tls + transport * TLS_EVENTS.length + TLS_EVENTS.indexOf(event)]++;
  }

  /** Datagrams that the kernel has dropped. The slot has one more, so that 0 means unknown. */
  set receiveDrops(count: number) {
    this.#values[START.receiveDrops] = count + 1;
  }

  get receiveDrops(): number | undefined {
    const value = this.#values[START.receiveDrops];
    return value === 0 ? undefined : value - 1;
  }

  requests(transport: number, typeIndex: number, zone: number): number {
    return this.#values[START.requests + (transport * TYPE_LABELS.length + typeIndex) * ZONES.length + zone];
  }

  responses(transport: number, rcode: number): number {
    return this.#values[START.responses + transport * RCODES + rcode];
  }

  durations(zone: number): HistogramValues {
    return this.#histogram(START.durations + zone * (DURATION_BUCKETS.length + 2), DURATION_BUCKETS.length);
  }

  sizes(transport: number): HistogramValues {
    return this.#histogram(START.sizes + transport * (SIZE_BUCKETS.length + 2), SIZE_BUCKETS.length);
  }

  querySizes(transport: number): HistogramValues {
    const start = START.querySizes + transport * (QUERY_SIZE_BUCKETS.length + 2);
    return this.#histogram(start, QUERY_SIZE_BUCKETS.length);
  }

  /** Queries from addresses of a family, an index in `FAMILIES`. */
  family(index: number): number {
    return this.#values[START.families + index];
  }

  get withEdns(): number {
    return this.#values[START.edns];
  }

  get withDnssecOk(): number {
    return this.#values[START.dnssecOk];
  }

  tlsEvents(transport: number, event: TlsEvent): number {
    return this.#values[START.tls + transport * TLS_EVENTS.length + TLS_EVENTS.indexOf(event)];
  }

  truncatedAnswers(transport: number): number {
    return this.#values[START.truncated + transport];
  }

  droppedMessages(transport: number): number {
    return this.#values[START.dropped + transport];
  }

  get rateLimited(): { readonly slipped: number; readonly withheld: number } {
    return { slipped: this.#values[START.limited], withheld: this.#values[START.limited + 1] };
  }

  get failures(): number {
    return this.#values[START.failures];
  }

  get partialAnswers(): number {
    return this.#values[START.partial];
  }

  get connections(): { opened: number; closed: number; refused: number } {
    const [opened, closed, refused] = this.#values.subarray(START.connections, START.connections + 3);
    return { opened, closed, refused };
  }

  #histogram(start: number, bounds: number): HistogramValues {
    const counts = this.#values.subarray(start, start + bounds + 1);
    let running = 0;
    const cumulative = Array.from(counts, (count) => {
      running += count;
      return running;
    });
    return { buckets: cumulative.slice(0, bounds), count: running, sum: this.#values[start + bounds + 1] };
  }
}

/** Adds values to a histogram. It has a slot for each bound, one for values above all bounds, and the sum. */
function observe(values: Float64Array, start: number, bounds: readonly number[], value: number, count: number): void {
  let i = 0;
  while (i < bounds.length && value > bounds[i]) i++;
  values[start + i] += count;
  values[start + bounds.length + 1] += value * count;
}
