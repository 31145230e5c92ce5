import { TYPE } from "../dns/protocol.js";
import {
  APEX_FLAG,
  ENTRY_HEADER_WORDS,
  NAME_SHIFT,
  OWN_SHIFT,
  RECORD_HEADER,
  RRSET_WORDS,
  RRSETS_SHIFT,
  SRV_PREFIX,
  TARGET_WORDS,
  TARGETS_FLAG,
  TARGETS_HEADER_WORDS,
  ZONE_SHIFT,
} from "./layout.js";
import type { NameTable } from "./name-table.js";
import type { Placement } from "./placement.js";
import { KIND, type RecordSet, STANDBY } from "./record-set.js";

const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;
const PORT_OCTETS = 2;
/** An entry has at most the sets of each kind, and NS at the apex. */
const MAX_SETS = 5;
/** The apex's one NS record, as the only index into the values given with it. */
const NS_RECORD = [0];

/** What all entries of a zone have in common. */
export interface EntryContext {
  readonly records: RecordSet;
  /** Number of the name of the primary server, in the zone's names. */
  readonly nameServer: number;
  readonly zone: number;
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
  readonly #byKind: number[][] = [[], [], [], []];
  readonly #standby: number[] = [];
  readonly #targets: number[] = [];

  reset(): void {
    this.length = 0;
    this.records = 0;
    this.names = 0;
  }

  get words(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }

  /**
   * Writes the entries of these names, and copies those that are in `from` already. Returns the word index where each starts.
   */
  writeAll({ names, entries }: Placement, from: Uint32Array, context: EntryContext): Uint32Array {
    const places = new Uint32Array(names.length);
    for (let i = 0; i < names.length; ) {
      const start = entries[i];
      if (start === 0) {
        places[i] = this.write(names[i], context);
        i++;
        continue;
      }
      let end = start;
      const offset = this.length - start;
      // Neighbours are copied together.
      for (; i < names.length && entries[i] === end; i++) {
        places[i] = end + offset;
        end += from[end + 1];
      }
      this.#reserve(end - start);
      this.#words.set(from.subarray(start, end), this.length);
      this.length += end - start;
    }
    return places;
  }

  /** Writes the entry of a name and returns the word index where it starts. */
  write(name: number, context: EntryContext): number {
    const { records } = context;
    const { names } = records;
    const apex = name === records.apexNumber;
    this.#collect(name, records);
    const [a, aaaa, srv, ptr] = this.#byKind;
    const sets = this.#byKind.reduce((sum, list) => sum + Number(list.length > 0), Number(apex));
    const start = this.length;
    this.#reserve(ENTRY_HEADER_WORDS + MAX_SETS * RRSET_WORDS + toWords(names.size[name]));
    let next = start + ENTRY_HEADER_WORDS + sets * RRSET_WORDS;
    this.#copy(names.octets, names.at[name], names.size[name], next * 4);
    next += toWords(names.size[name]);
    let set = start + ENTRY_HEADER_WORDS;
    if (a.length > 0) [set, next] = [set + RRSET_WORDS, this.#ipv4Set(start, set, next, a, context)];
    if (apex) {
      next = this.#targetSet(start, set, next, TYPE.NS, NS_RECORD, [context.nameServer], context);
      set += RRSET_WORDS;
    }
    if (aaaa.length > 0) [set, next] = [set + RRSET_WORDS, this.#ipv6Set(start, set, next, aaaa, context)];
    const { value } = records;
    if (srv.length > 0)
      [set, next] = [set + RRSET_WORDS, this.#targetSet(start, set, next, TYPE.SRV, srv, value, context)];
    if (ptr.length > 0) next = this.#targetSet(start, set, next, TYPE.PTR, ptr, value, context);
    this.#words[start] =
      names.size[name] | (sets << RRSETS_SHIFT) | (context.zone << ZONE_SHIFT) | (apex ? APEX_FLAG : 0);
    this.#words[start + 1] = next - start;
    this.length = next;
    if (sets > 0) this.names++;
    return start;
  }

  /** The name's records by kind, sorted and each once; those on standby where it has no others. */
  #collect(name: number, records: RecordSet): void {
    const standby = this.#standby;
    standby.length = 0;
    for (const list of this.#byKind) list.length = 0;
    let others = 0;
    for (let next = records.head[name]; next !== 0; next = records.next[next - 1]) {
      const kind = records.kind[next - 1];
      if (kind < STANDBY) others = this.#byKind[kind].push(next - 1);
      else standby.push(next - 1);
    }
    if (others === 0) for (const record of standby) this.#byKind[records.kind[record] - STANDBY].push(record);
    this.#byKind.forEach((list, kind) => {
      if (list.length < 2) return;
      const order = orderOf(kind, records);
      list.sort(order);
      let kept = 1;
      for (let i = 1; i < list.length; i++) if (order(list[kept - 1], list[i]) !== 0) list[kept++] = list[i];
      list.length = kept;
    });
  }

  #ipv4Set(entry: number, set: number, data: number, list: readonly number[], { records }: EntryContext): number {
    const words = this.#open(entry, set, data, TYPE.A | (IPV4_OCTETS << OWN_SHIFT), list.length, list.length);
    list.forEach((record, i) => {
      this.#writeUint32((data + i) * 4, records.value[record]);
    });
    return words;
  }

  #ipv6Set(entry: number, set: number, data: number, list: readonly number[], { records }: EntryContext): number {
    const size = toWords(list.length * IPV6_OCTETS);
    const words = this.#open(entry, set, data, TYPE.AAAA | (IPV6_OCTETS << OWN_SHIFT), list.length, size);
    list.forEach((record, i) => {
      this.#octets.set(records.addresses[records.value[record]].octets, data * 4 + i * IPV6_OCTETS);
    });
    return words;
  }

  /** A set of records with targets; those of one target stand together. @param values a record's target */
  #targetSet(
    entry: number,
    set: number,
    data: number,
    type: number,
    list: readonly number[],
    values: ArrayLike<number>,
    { records, srvWeight }: EntryContext,
  ): number {
    const { names, port } = records;
    const hasPorts = type === TYPE.SRV;
    const own = hasPorts ? PORT_OCTETS : 0;
    const ahead = hasPorts ? RECORD_HEADER + SRV_PREFIX + PORT_OCTETS : RECORD_HEADER;
    const targets = this.#targets;
    targets.length = 0;
    for (const record of list) if (targets.at(-1) !== values[record]) targets.push(values[record]);
    const numbers = data + TARGETS_HEADER_WORDS;
    const ports = numbers + list.length;
    const table = ports + toWords(list.length * own);
    const nameSize = targets.reduce((sum, target) => sum + toWords(names.size[target]), 0);
    const size = table + targets.length * TARGET_WORDS + nameSize - data;
    const end = this.#open(entry, set, data, type | (own << OWN_SHIFT) | TARGETS_FLAG, list.length, size);
    this.#targetTable(entry, table, names);
    let octets = 0;
    let number = 0;
    list.forEach((record, i) => {
      if (values[record] !== targets[number]) number++;
      this.#words[numbers + i] = number;
      if (hasPorts) this.#writeUint16(ports * 4 + i * PORT_OCTETS, port[record]);
      octets += ahead + names.size[values[record]];
    });
    this.#words[data] = octets;
    this.#words[data + 1] = hasPorts ? srvWeight : 0; // priority 0 above it
    return end;
  }

  /** Hash and position of each of `#targets`, and behind them the names. */
  #targetTable(entry: number, table: number, names: NameTable): void {
    const targets = this.#targets;
    let word = table + targets.length * TARGET_WORDS;
    targets.forEach((target, i) => {
      this.#words[table + i * TARGET_WORDS] = names.hash[target];
      this.#words[table + i * TARGET_WORDS + 1] = ((word - entry) << NAME_SHIFT) | names.size[target];
      this.#copy(names.octets, names.at[target], names.size[target], word * 4);
      word += toWords(names.size[target]);
    });
  }

  /** Describes a set whose data take `size` words from `data` on, makes room for them, and returns the word behind. */
  #open(entry: number, set: number, data: number, descriptor: number, count: number, size: number): number {
    this.length = data;
    this.#reserve(size);
    this.#words[set] = descriptor;
    this.#words[set + 1] = count;
    this.#words[set + 2] = data - entry;
    this.records += count;
    return data + size;
  }

  #writeUint16(at: number, value: number): void {
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value;
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

/** How many records the entry at this word of a shard has. */
export function tallyOf(shard: Uint32Array, entry: number): number {
  const sets = (shard[entry] >>> RRSETS_SHIFT) & 0xff;
  let records = 0;
  for (let set = 0; set < sets; set++) records += shard[entry + ENTRY_HEADER_WORDS + set * RRSET_WORDS + 1];
  return records;
}

/** How records of a kind are sorted: addresses by their octets, others by target and port. */
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
