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
  toWords,
  ZONE_SHIFT,
} from "./layout.js";
import type { NameTable } from "./name-table.js";
import type { Placement } from "./placement.js";
import { KIND, kindIn, portIn, RECORD, type RecordSet, STANDBY } from "./record-set.js";

const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;
const PORT_OCTETS = 2;
/** The apex's one NS record, where it is the only one. */
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
  /** Where the entry in the making starts, and its next set's description. */
  #entry = 0;
  #set = 0;

  reset(): void {
    // What is not written to is padding, and compared too.
    this.#words.fill(0, 0, this.length);
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
    const { records, zone } = context;
    const { names, cells } = records;
    const apex = name === records.apexNumber;
    this.#collect(name, records);
    const [a, aaaa, srv, ptr] = this.#byKind;
    const sets =
      Number(apex) + Number(a.length > 0) + Number(aaaa.length > 0) + Number(srv.length > 0) + Number(ptr.length > 0);
    const start = this.length;
    const nameAt = start + ENTRY_HEADER_WORDS + sets * RRSET_WORDS;
    const nameWords = toWords(names.size[name]);
    this.#reserve(nameAt + nameWords - start);
    this.#copy(names.words, names.at[name], nameWords, nameAt);
    this.#entry = start;
    this.#set = start + ENTRY_HEADER_WORDS;
    this.length = nameAt + nameWords;
    if (a.length > 0) this.#ipv4Set(a, context);
    if (apex) this.#targetSet(TYPE.NS, NS_RECORD, recordOf(context.nameServer), context);
    if (aaaa.length > 0) this.#ipv6Set(aaaa, context);
    if (srv.length > 0) this.#targetSet(TYPE.SRV, srv, cells, context);
    if (ptr.length > 0) this.#targetSet(TYPE.PTR, ptr, cells, context);
    this.#words[start] = names.size[name] | (sets << RRSETS_SHIFT) | (zone << ZONE_SHIFT) | (apex ? APEX_FLAG : 0);
    this.#words[start + 1] = this.length - start;
    if (sets > 0) this.names++;
    return start;
  }

  /** The name's records by kind, sorted and each once; those on standby where it has no others. */
  #collect(name: number, records: RecordSet): void {
    const lists = this.#byKind;
    const standby = this.#standby;
    const { cells } = records;
    standby.length = 0;
    for (let i = 0; i < lists.length; i++) lists[i].length = 0;
    let others = 0;
    for (let record = records.head[name]; record !== 0; record = cells[record + RECORD.NEXT]) {
      const kind = kindIn(cells, record);
      if (kind < STANDBY) others = lists[kind].push(record);
      else standby.push(record);
    }
    if (others === 0) for (const record of standby) lists[kindIn(cells, record) - STANDBY].push(record);
    for (let i = 0; i < lists.length; i++) if (lists[i].length > 1) sortOnce(lists[i], orderOf(i, records));
  }

  #ipv4Set(list: readonly number[], { records: { cells } }: EntryContext): void {
    const data = this.#open(TYPE.A | (IPV4_OCTETS << OWN_SHIFT), list.length, list.length);
    for (let i = 0; i < list.length; i++) this.#writeUint32((data + i) * 4, cells[list[i] + RECORD.VALUE]);
  }

  #ipv6Set(list: readonly number[], { records }: EntryContext): void {
    const { addresses, cells } = records;
    const size = toWords(list.length * IPV6_OCTETS);
    const data = this.#open(TYPE.AAAA | (IPV6_OCTETS << OWN_SHIFT), list.length, size);
    list.forEach((record, i) => {
      this.#octets.set(addresses[cells[record + RECORD.VALUE]].octets, data * 4 + i * IPV6_OCTETS);
    });
  }

  /** A set of records with targets; those of one target stand together. @param cells that the records are in */
  #targetSet(type: number, list: readonly number[], cells: Uint32Array, context: EntryContext): void {
    const { names } = context.records;
    const hasPorts = type === TYPE.SRV;
    const own = hasPorts ? PORT_OCTETS : 0;
    const targets = this.#targets;
    targets.length = 0;
    let nameSize = 0;
    let octets = list.length * (hasPorts ? RECORD_HEADER + SRV_PREFIX + PORT_OCTETS : RECORD_HEADER);
    for (let i = 0; i < list.length; i++) {
      const target = cells[list[i] + RECORD.VALUE];
      octets += names.size[target];
      if (targets.length > 0 && targets[targets.length - 1] === target) continue;
      targets.push(target);
      nameSize += toWords(names.size[target]);
    }
    const ownSize = toWords(list.length * own);
    const size = TARGETS_HEADER_WORDS + list.length + ownSize + targets.length * TARGET_WORDS + nameSize;
    const data = this.#open(type | (own << OWN_SHIFT) | TARGETS_FLAG, list.length, size);
    const numbers = data + TARGETS_HEADER_WORDS;
    const ports = numbers + list.length;
    this.#words[data] = octets;
    this.#words[data + 1] = hasPorts ? context.srvWeight : 0; // priority 0 above it
    let number = 0;
    for (let i = 0; i < list.length; i++) {
      if (cells[list[i] + RECORD.VALUE] !== targets[number]) number++;
      this.#words[numbers + i] = number;
      if (hasPorts) this.#writeUint16(ports * 4 + i * PORT_OCTETS, portIn(cells, list[i]));
    }
    this.#targetTable(ports + ownSize, names);
  }

  /** Hash and position of each of `#targets`, and behind them the names. */
  #targetTable(table: number, names: NameTable): void {
    const targets = this.#targets;
    let word = table + targets.length * TARGET_WORDS;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      this.#words[table + i * TARGET_WORDS] = names.hash[target];
      this.#words[table + i * TARGET_WORDS + 1] = ((word - this.#entry) << NAME_SHIFT) | names.size[target];
      const size = toWords(names.size[target]);
      this.#copy(names.words, names.at[target], size, word);
      word += size;
    }
  }

  /** Describes the entry's next set, whose data take `size` words, and returns the first of them. */
  #open(descriptor: number, count: number, size: number): number {
    const data = this.length;
    this.#reserve(size);
    this.#words[this.#set] = descriptor;
    this.#words[this.#set + 1] = count;
    this.#words[this.#set + 2] = data - this.#entry;
    this.#set += RRSET_WORDS;
    this.length = data + size;
    this.records += count;
    return data;
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

  #copy(from: Uint32Array, start: number, count: number, to: number): void {
    for (let i = 0; i < count; i++) this.#words[to + i] = from[start + i];
  }

  /** Makes sure that so many words behind `length` are there. */
  #reserve(words: number): void {
    const end = this.length + words;
    if (end <= this.#words.length) return;
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(end)));
    larger.set(this.#words);
    this.#words = larger;
    this.#octets = new Uint8Array(larger.buffer);
  }
}

/** How many records the entry at this word of a shard has. */
export function tallyOf(shard: Uint32Array, entry: number): number {
  const sets = (shard[entry] >>> RRSETS_SHIFT) & 0xff;
  let records = 0;
  for (let set = 0; set < sets; set++) records += shard[entry + ENTRY_HEADER_WORDS + set * RRSET_WORDS + 1];
  return records;
}

/** Lists longer than this are sorted by the engine's own means. */
const SHORT_LIST = 12;

/** Sorts a list, and leaves each but once in it. */
function sortOnce(list: number[], order: (a: number, b: number) => number): void {
  if (list.length > SHORT_LIST) list.sort(order);
  else insertionSort(list, order);
  let kept = 1;
  for (let i = 1; i < list.length; i++) if (order(list[kept - 1], list[i]) !== 0) list[kept++] = list[i];
  list.length = kept;
}

function insertionSort(list: number[], order: (a: number, b: number) => number): void {
  for (let i = 1; i < list.length; i++) {
    const each = list[i];
    let at = i;
    for (; at > 0 && order(list[at - 1], each) > 0; at--) list[at] = list[at - 1];
    list[at] = each;
  }
}

/** How records of a kind are sorted: addresses by their octets, others by target and port. */
function orderOf(kind: number, { cells, addresses, names }: RecordSet): (a: number, b: number) => number {
  const { VALUE } = RECORD;
  switch (kind) {
    case KIND.A:
      return (a, b) => cells[a + VALUE] - cells[b + VALUE];
    case KIND.AAAA:
      return (a, b) => Buffer.compare(addresses[cells[a + VALUE]].octets, addresses[cells[b + VALUE]].octets);
    default:
      return (a, b) =>
        cells[a + VALUE] === cells[b + VALUE]
          ? portIn(cells, a) - portIn(cells, b)
          : names.compare(cells[a + VALUE], cells[b + VALUE]);
  }
}

/** A record of its own that leads to this name. */
function recordOf(target: number): Uint32Array {
  const cells = new Uint32Array(RECORD.WORDS);
  cells[RECORD.VALUE] = target;
  return cells;
}
