import { TYPE } from "../dns/protocol.js";
import {
  APEX_FLAG,
  ENTRY_HEADER_WORDS,
  NS_TARGET,
  QUESTION_POINTER,
  RECORD_HEADER,
  RRSET_WORDS,
  RRSETS_SHIFT,
  SRV_TARGET,
  TARGET_SHIFT,
  TARGET_WORDS,
  ZONE_SHIFT,
} from "./layout.js";
import { KIND, type RecordSet } from "./record-set.js";

const CLASS_IN = 1;
const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;
/** An entry has at most the sets of each kind, and NS at the apex. */
const MAX_SETS = 4;

/** What all entries of a zone have in common. */
export interface EntryContext {
  readonly records: RecordSet;
  /** Number of the name of the primary server, in the zone's names. */
  readonly nameServer: number;
  readonly zone: number;
  readonly ttl: number;
  readonly srvWeight: number;
}

/** Writes entries one after the other to growing memory; `layout.ts` draws what it holds. */
export class EntryWriter {
  #words = new Uint32Array(1 << 16);
  #octets = new Uint8Array(this.#words.buffer);
  /** Words written. */
  length = 0;
  /** Records and names with records written since `reset`. */
  records = 0;
  names = 0;
  readonly #byKind: number[][] = [[], [], []];

  reset(): void {
    this.length = 0;
    this.records = 0;
    this.names = 0;
  }

  get words(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }

  /** Writes the entry of a name and returns the word index where it starts. */
  write(name: number, context: EntryContext): number {
    const { records } = context;
    const { names } = records;
    const apex = name === records.apexNumber;
    this.#collect(name, records);
    const [a, aaaa, srv] = this.#byKind;
    const sets = Number(a.length > 0) + Number(aaaa.length > 0) + Number(srv.length > 0) + Number(apex);
    const start = this.length;
    this.#reserve(ENTRY_HEADER_WORDS + MAX_SETS * RRSET_WORDS + toWords(names.size[name]));
    let next = start + ENTRY_HEADER_WORDS + sets * RRSET_WORDS;
    this.#copy(names.octets, names.at[name], names.size[name], next * 4);
    next += toWords(names.size[name]);
    let set = start + ENTRY_HEADER_WORDS;
    if (a.length > 0) [set, next] = [set + RRSET_WORDS, this.#ipv4Set(start, set, next, a, context)];
    if (apex) [set, next] = [set + RRSET_WORDS, this.#nameServerSet(start, set, next, context)];
    if (aaaa.length > 0) [set, next] = [set + RRSET_WORDS, this.#ipv6Set(start, set, next, aaaa, context)];
    if (srv.length > 0) next = this.#serviceSet(start, set, next, srv, context);
    this.#words[start] =
      names.size[name] | (sets << RRSETS_SHIFT) | (context.zone << ZONE_SHIFT) | (apex ? APEX_FLAG : 0);
    this.#words[start + 1] = next - start;
    this.length = next;
    if (sets > 0) this.names++;
    return start;
  }

  /** The name's records by kind, sorted and each once. */
  #collect(name: number, records: RecordSet): void {
    for (const list of this.#byKind) list.length = 0;
    for (let record = records.head[name]; record !== 0; record = records.next[record - 1]) {
      this.#byKind[records.kind[record - 1]].push(record - 1);
    }
    this.#byKind.forEach((list, kind) => {
      if (list.length < 2) return;
      const order = orderOf(kind, records);
      list.sort(order);
      let kept = 1;
      for (let i = 1; i < list.length; i++) if (order(list[kept - 1], list[i]) !== 0) list[kept++] = list[i];
      list.length = kept;
    });
  }

  #ipv4Set(entry: number, set: number, table: number, list: readonly number[], { records, ttl }: EntryContext): number {
    this.#describe(entry, set, table, TYPE.A, 0, list.length);
    let at = this.#reserveRecords(table, list.length, 0, list.length * (RECORD_HEADER + IPV4_OCTETS));
    list.forEach((record, i) => {
      this.#words[table + i] = at - entry * 4;
      const rdata = this.#writeHeader(at, TYPE.A, ttl, IPV4_OCTETS);
      this.#writeUint32(rdata, records.value[record]);
      at = rdata + IPV4_OCTETS;
    });
    return this.#close(entry, table + list.length, at);
  }

  #ipv6Set(entry: number, set: number, table: number, list: readonly number[], { records, ttl }: EntryContext): number {
    this.#describe(entry, set, table, TYPE.AAAA, 0, list.length);
    let at = this.#reserveRecords(table, list.length, 0, list.length * (RECORD_HEADER + IPV6_OCTETS));
    list.forEach((record, i) => {
      this.#words[table + i] = at - entry * 4;
      const rdata = this.#writeHeader(at, TYPE.AAAA, ttl, IPV6_OCTETS);
      this.#octets.set(records.addresses[records.value[record]].octets, rdata);
      at = rdata + IPV6_OCTETS;
    });
    return this.#close(entry, table + list.length, at);
  }

  #nameServerSet(entry: number, set: number, table: number, { records, nameServer, ttl }: EntryContext): number {
    const { names } = records;
    const size = names.size[nameServer];
    this.#describe(entry, set, table, TYPE.NS, NS_TARGET, 1);
    const at = this.#reserveRecords(table, 1, TARGET_WORDS, RECORD_HEADER + size);
    this.#words[table] = at - entry * 4;
    this.#words[table + 2] = names.hash[nameServer];
    const rdata = this.#writeHeader(at, TYPE.NS, ttl, size);
    this.#copy(names.octets, names.at[nameServer], size, rdata);
    return this.#close(entry, table + 1, rdata + size);
  }

  /** SRV (RFC 2782): the ports of one target stand together. */
  #serviceSet(entry: number, set: number, table: number, list: readonly number[], context: EntryContext): number {
    const { records, ttl, srvWeight } = context;
    const { names, value, port } = records;
    this.#describe(entry, set, table, TYPE.SRV, SRV_TARGET, list.length);
    const octets = list.reduce((sum, record) => sum + SRV_TARGET + names.size[value[record]], 0);
    let at = this.#reserveRecords(table, list.length, TARGET_WORDS, octets);
    const targets = table + list.length + 1;
    let group = 0;
    list.forEach((record, i) => {
      const target = value[record];
      if (i > 0 && target !== value[list[i - 1]]) group++;
      this.#words[table + i] = at - entry * 4;
      this.#words[targets + i * TARGET_WORDS] = names.hash[target];
      this.#words[targets + i * TARGET_WORDS + 1] = group;
      const rdata = this.#writeHeader(at, TYPE.SRV, ttl, 6 + names.size[target]);
      this.#writeUint32(rdata, srvWeight); // priority 0 above it
      this.#octets[rdata + 4] = port[record] >>> 8;
      this.#octets[rdata + 5] = port[record];
      this.#copy(names.octets, names.at[target], names.size[target], rdata + 6);
      at = rdata + 6 + names.size[target];
    });
    return this.#close(entry, table + list.length, at);
  }

  #describe(entry: number, set: number, table: number, type: number, targetAt: number, count: number): void {
    this.#words[set] = type | (targetAt << TARGET_SHIFT);
    this.#words[set + 1] = count;
    this.#words[set + 2] = table - entry;
    this.records += count;
  }

  /** Makes room behind `table` for a set's table and records; the octet at which the first record starts. */
  #reserveRecords(table: number, count: number, targetWords: number, octets: number): number {
    const first = table + count + 1 + count * targetWords;
    this.length = table;
    this.#reserve(first - table + toWords(octets));
    return first * 4;
  }

  /** Ends a set: notes where its last record ends, and returns the word behind it. */
  #close(entry: number, tableEnd: number, at: number): number {
    this.#words[tableEnd] = at - entry * 4;
    return toWords(at);
  }

  /** Owner (a pointer to the question), type, class, TTL and RDLENGTH; the octet behind them. */
  #writeHeader(at: number, type: number, ttl: number, rdlength: number): number {
    this.#writeUint32(at, (QUESTION_POINTER << 16) | type);
    this.#octets[at + 4] = 0;
    this.#octets[at + 5] = CLASS_IN;
    this.#writeUint32(at + 6, ttl);
    this.#octets[at + 10] = rdlength >>> 8;
    this.#octets[at + 11] = rdlength;
    return at + RECORD_HEADER;
  }

  #writeUint32(at: number, value: number): void {
    this.#octets[at] = value >>> 24;
    this.#octets[at + 1] = value >>> 16;
    this.#octets[at + 2] = value >>> 8;
    this.#octets[at + 3] = value;
  }

  #copy(from: Uint8Array, start: number, size: number, to: number): void {
    for (let i = 0; i < size; i++) this.#octets[to + i] = from[start + i];
  }

  /** Makes sure that so many words behind `length` are there, and zero: padding is compared too. */
  #reserve(words: number): void {
    const end = this.length + words;
    if (end > this.#words.length) {
      const larger = new Uint32Array(2 ** Math.ceil(Math.log2(end)));
      larger.set(this.#words.subarray(0, this.length));
      this.#words = larger;
      this.#octets = new Uint8Array(larger.buffer);
    }
    this.#words.fill(0, this.length, end);
  }
}

/** How records of a kind are sorted: addresses by their octets, services by target and port. */
function orderOf(kind: number, records: RecordSet): (a: number, b: number) => number {
  const { value, port, addresses, names } = records;
  switch (kind) {
    case KIND.A:
      return (a, b) => value[a] - value[b];
    case KIND.AAAA:
      return (a, b) => Buffer.compare(addresses[value[a]].octets, addresses[value[b]].octets);
    default:
      return (a, b) => (value[a] === value[b] ? port[a] - port[b] : names.compare(value[a], value[b]));
  }
}

function toWords(octets: number): number {
  return (octets + 3) >>> 2;
}
