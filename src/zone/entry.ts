import { toWords } from "../wire/names.js";
import { writeUint16, writeUint32 } from "../wire/octets.js";
import { TYPE } from "../wire/protocol.js";
import {
  grown,
  IPV6_OCTETS,
  KIND,
  kindIn,
  type NameColumns,
  portIn,
  RECORD,
  type RecordColumns,
  STANDBY,
} from "./columns.js";
import {
  ALIAS_FLAG,
  APEX_FLAG,
  ENTRY_HEADER_WORDS,
  MARKS_SHIFT,
  NAME_SHIFT,
  OWN_SHIFT,
  PREPARED_FLAG,
  RECORD_HEADER,
  RRSET_WORDS,
  RRSETS_SHIFT,
  SRV_PREFIX,
  TARGET_WORDS,
  TARGETS_FLAG,
  TARGETS_HEADER_WORDS,
  ZONE_SHIFT,
} from "./layout.js";
import type { Placement } from "./placement.js";
import { STORED } from "./prepared-store.js";
import { type RecordOrder, sortOnce } from "./record-order.js";
import { pointingTo, type RecordRun } from "./record-run.js";
import { writtenFirst } from "./written-first.js";

const IPV4_OCTETS = 4;
const PORT_OCTETS = 2;
const CHARACTER_OCTETS = 2;

/** What the entries of a zone have in common. */
export interface EntryContext {
  readonly records: RecordColumns;
  /** The numbers of the servers' names, in the order of their octets. */
  readonly nameServers: readonly number[];
  readonly zone: number;
  readonly srvPrefix: number;
  readonly order: RecordOrder;
}

/** Writes entries one after the other to growing memory, in the layout that `layout.ts` draws. */
export class EntryWriter {
  #words = new Uint32Array(1 << 16);
  #octets = new Uint8Array(this.#words.buffer);
  /** The number of words that are written, or set aside by reset(). */
  length = 0;
  /** The numbers of records, and of names with records, written since `reset`. */
  records = 0;
  names = 0;
  /** The records of the current name. */
  #found = new Uint32Array(64);
  readonly #written: number[] = [];
  readonly #targets: number[] = [];
  /** The word at which the current entry starts, and the word for the descriptor of its next set. */
  #entry = 0;
  #set = 0;
  /** The flag of the current entry if it has a CNAME record. */
  #alias = 0;

  /** Begins anew after `before` zero words, which the caller may write to. */
  reset(before: number): void {
    // Words that are not written to are padding, which is compared too.
    this.#words.fill(0, 0, this.length);
    this.length = 0;
    this.#reserve(before);
    this.length = before;
    this.records = 0;
    this.names = 0;
  }

  /** All words, including those before the entries. Valid until the next reset. */
  get words(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }

  /**
   * Writes the entries of these names, and copies those that already exist in `from`. Returns the word index at which each starts.
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
      // Adjacent entries are copied together.
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

  /** Writes the entry of a name, and returns the word index at which it starts. */
  write(name: number, context: EntryContext): number {
    const { records, zone } = context;
    const { names, cells } = records;
    const apex = name === records.apexNumber;
    const count = this.#collect(name, context);
    let sets = Number(apex);
    for (let from = 0; from < count; from = this.#endOfSet(from, count, cells)) sets++;
    const start = this.length;
    const nameAt = start + ENTRY_HEADER_WORDS + sets * RRSET_WORDS;
    const nameWords = toWords(names.size[name]);
    this.#reserve(nameAt + nameWords - start);
    this.#copy(names.words, names.at[name], nameWords, nameAt);
    this.#entry = start;
    this.#set = start + ENTRY_HEADER_WORDS;
    this.#alias = 0;
    this.length = nameAt + nameWords;
    if (apex) this.#targetSet(TYPE.NS, pointingTo(context.nameServers), context);
    for (let from = 0, to = 0; from < count; from = to) {
      to = this.#endOfSet(from, count, cells);
      this.#writeSet({ list: this.#found, from, to, cells }, context);
    }
    const flags = (apex ? APEX_FLAG : 0) | (records.marks[name] << MARKS_SHIFT) | this.#alias;
    this.#words[start] = names.size[name] | (sets << RRSETS_SHIFT) | (zone << ZONE_SHIFT) | flags;
    this.#words[start + 1] = this.length - start;
    if (sets > 0) this.names++;
    return start;
  }

  /**
   * Collects the name's records in `#found`: sorted (by kind first), without duplicates, records on standby only if there are
   * no others, and none that a prepared set hides. Returns their number.
   */
  #collect(name: number, { records: { cells, head, marks }, order }: EntryContext): number {
    let count = 0;
    let isStandby = true;
    const written = this.#written;
    written.length = 0;
    for (let record = head[name]; record !== 0; record = cells[record + RECORD.NEXT]) {
      const kind = kindIn(cells, record);
      if (kind === KIND.PREPARED) {
        written.push(record);
        continue;
      }
      const waits = kind >= STANDBY;
      if (waits && !isStandby) continue;
      if (!waits && isStandby) count = 0;
      isStandby = waits;
      if (count === this.#found.length) this.#found = grown(this.#found, new Uint32Array(count * 2));
      this.#found[count++] = record;
    }
    const kept = count < 2 ? count : sortOnce(this.#found, count, order);
    if (written.length === 0 && marks[name] === 0) return kept;
    if (kept + written.length > this.#found.length)
      this.#found = grown(this.#found, new Uint32Array(this.#found.length * 2));
    return writtenFirst(this.#found, kept, written, cells, marks[name]);
  }

  /** The position in `#found` at which the next set begins. */
  #endOfSet(from: number, count: number, cells: Uint32Array): number {
    const kind = kindIn(cells, this.#found[from]);
    let to = from + 1;
    if (kind === KIND.PREPARED) return to;
    while (to < count && kindIn(cells, this.#found[to]) === kind) to++;
    return to;
  }

  #writeSet(set: RecordRun, context: EntryContext): void {
    const kind = kindIn(set.cells, set.list[set.from]) % STANDBY;
    if (kind === KIND.A) this.#ipv4Set(set);
    else if (kind === KIND.TXT) this.#characterSet(set);
    else if (kind === KIND.AAAA) this.#ipv6Set(set, context.records.addresses);
    else if (kind === KIND.PREPARED) this.#preparedSet(set, context.records.sets);
    else this.#targetSet(kind === KIND.SRV ? TYPE.SRV : TYPE.PTR, set, context);
  }

  #ipv4Set({ list, from, to, cells }: RecordRun): void {
    const data = this.#open(TYPE.A | (IPV4_OCTETS << OWN_SHIFT), to - from, to - from);
    for (let i = from; i < to; i++) writeUint32(this.#octets, (data + i - from) * 4, cells[list[i] + RECORD.VALUE]);
  }

  /** Texts of one character, each with its length in front (RFC 1035 §3.3.14). */
  #characterSet({ list, from, to, cells }: RecordRun): void {
    const data = this.#open(
      TYPE.TXT | (CHARACTER_OCTETS << OWN_SHIFT),
      to - from,
      toWords((to - from) * CHARACTER_OCTETS),
    );
    for (let i = from; i < to; i++) {
      writeUint16(this.#octets, (data * 2 + i - from) * CHARACTER_OCTETS, (1 << 8) | cells[list[i] + RECORD.VALUE]);
    }
  }

  #ipv6Set({ list, from, to, cells }: RecordRun, addresses: Uint8Array): void {
    const count = to - from;
    const data = this.#open(TYPE.AAAA | (IPV6_OCTETS << OWN_SHIFT), count, toWords(count * IPV6_OCTETS));
    for (let i = 0; i < count; i++) {
      const address = cells[list[from + i] + RECORD.VALUE] * IPV6_OCTETS;
      this.#octets.set(addresses.subarray(address, address + IPV6_OCTETS), data * 4 + i * IPV6_OCTETS);
    }
  }

  #preparedSet({ list, from, cells }: RecordRun, sets: Uint32Array): void {
    const type = portIn(cells, list[from]);
    const place = cells[list[from] + RECORD.VALUE];
    const size = sets[place + STORED.SIZE];
    const data = this.#open(type | PREPARED_FLAG, sets[place + STORED.COUNT], size);
    this.#copy(sets, place + STORED.HEADER, size, data);
    if (type === TYPE.CNAME) this.#alias = ALIAS_FLAG;
  }

  /** Writes a set of records with targets. Records with the same target are adjacent. */
  #targetSet(type: number, { list, from, to, cells }: RecordRun, context: EntryContext): void {
    const { names } = context.records;
    const hasPorts = type === TYPE.SRV;
    const own = hasPorts ? PORT_OCTETS : 0;
    const count = to - from;
    const targets = this.#targets;
    targets.length = 0;
    let nameSize = 0;
    let octets = count * (hasPorts ? RECORD_HEADER + SRV_PREFIX + PORT_OCTETS : RECORD_HEADER);
    for (let i = from; i < to; i++) {
      const target = cells[list[i] + RECORD.VALUE];
      octets += names.size[target];
      if (targets.length > 0 && targets[targets.length - 1] === target) continue;
      targets.push(target);
      nameSize += toWords(names.size[target]);
    }
    const ownSize = toWords(count * own);
    const size = TARGETS_HEADER_WORDS + count + ownSize + targets.length * TARGET_WORDS + nameSize;
    const data = this.#open(type | (own << OWN_SHIFT) | TARGETS_FLAG, count, size);
    const numbers = data + TARGETS_HEADER_WORDS;
    const ports = numbers + count;
    this.#words[data] = octets;
    this.#words[data + 1] = hasPorts ? context.srvPrefix : 0;
    let number = 0;
    for (let i = 0; i < count; i++) {
      const record = list[from + i];
      if (cells[record + RECORD.VALUE] !== targets[number]) number++;
      this.#words[numbers + i] = number;
      if (hasPorts) writeUint16(this.#octets, ports * 4 + i * PORT_OCTETS, portIn(cells, record));
    }
    this.#targetTable(ports + ownSize, names);
  }

  /** Writes the hash and position of each of `#targets`, then their names. */
  #targetTable(table: number, names: NameColumns): void {
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

  /** Writes the descriptor of the entry's next set, whose data take `size` words. Returns the first of these. */
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

  #copy(from: Uint32Array, start: number, count: number, to: number): void {
    for (let i = 0; i < count; i++) this.#words[to + i] = from[start + i];
  }

  /** Grows the memory to have at least `words` words after `length`. */
  #reserve(words: number): void {
    const end = this.length + words;
    if (end <= this.#words.length) return;
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(end)));
    larger.set(this.#words);
    this.#words = larger;
    this.#octets = new Uint8Array(larger.buffer);
  }
}
