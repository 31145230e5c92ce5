import type { Address } from "../base/addresses.js";
import type { ZoneSink } from "../views/sink.js";
import { SCATTERED } from "../views/zone-spec.js";
import type { PreparedSet } from "../wire/prepared.js";
import { TYPE } from "../wire/protocol.js";
import { AddressNumbers } from "./address-numbers.js";
import {
  type ColumnMemory,
  grown,
  KIND,
  kindIn,
  kindOf,
  RECORD,
  type RecordColumns,
  SHARED,
  STANDBY,
  serviceKind,
  traitsOf,
} from "./columns.js";
import { NameMarks } from "./name-marks.js";
import { NameTable } from "./name-table.js";
import { PreparedStore } from "./prepared-store.js";
import { RecentNames } from "./recent-names.js";
import { type HiddenRecords, HidingNames } from "./written-first.js";

const FIRST_CAPACITY = 1 << 12;

const NO_NUMBER = -1;
/** In place of a value: a name has one prepared set of a type. */
const ANY_VALUE = -1;

/**
 * The records of one zone as views emit them, with all empty non-terminals (RFC 8020): a linked list of records for
 * each name, in typed arrays. A record that is added several times has to be removed as many times; the compiler drops
 * duplicates.
 */
export class RecordSet implements ZoneSink, RecordColumns {
  /** Dotted, lower case, without the final dot; or `SCATTERED`. */
  readonly apex: string;
  readonly names: NameTable;
  /** The apex is always the first name. -1 if the zone has no apex. */
  readonly apexNumber: number;
  /** By name: 1 if it is in the zone. Targets outside the zone have names too. */
  exists = new Uint8Array(FIRST_CAPACITY);
  /** By name: the number of names directly below it. */
  children = new Uint32Array(FIRST_CAPACITY);
  head: Uint32Array;
  cells: Uint32Array;
  /** The names that have changed since settle(), without duplicates; and by name, 1 if it is among them. */
  readonly changed: number[] = [];
  isChanged = new Uint8Array(FIRST_CAPACITY);
  /** Removes records. Throws for a record that was not added before. */
  readonly removal: ZoneSink = {
    address: (name, address, standby) => this.#remove(name, kindOf(address, standby), this.#valueOf(address), 0),
    service: (name, target, port, standby) => this.#remove(name, serviceKind(standby), this.#nameOf(target), port),
    pointer: (name, target) => this.#remove(name, KIND.PTR, this.#nameOf(target), 0),
    character: (name, character) => this.#remove(name, KIND.TXT, character.charCodeAt(0), 0),
    prepared: (name, { type }) => this.#removePrepared(name, type),
  };
  /** The number of words in use. The first record's words stay unused, because 0 means no record. */
  #used: number = RECORD.WORDS;
  /** Head of the free list of removed records, linked by NEXT. */
  #free = 0;
  #living = 0;
  readonly #addresses: AddressNumbers;
  readonly #recent = new RecentNames();
  readonly #prepared: PreparedStore;
  readonly #marks: NameMarks;
  readonly #hiding = new HidingNames();
  readonly #memory: ColumnMemory;

  /** @param seed of the name hash */
  constructor(apex: string, seed: number, memory: ColumnMemory = SHARED) {
    this.apex = apex;
    this.apexNumber = apex === SCATTERED ? NO_NUMBER : 0;
    this.#memory = memory;
    this.names = new NameTable(seed, memory);
    this.#marks = new NameMarks(memory, FIRST_CAPACITY, this);
    this.#prepared = new PreparedStore(memory);
    this.head = memory.words(FIRST_CAPACITY);
    this.cells = memory.words(FIRST_CAPACITY * RECORD.WORDS);
    this.#addresses = new AddressNumbers(memory);
    this.#enterApex();
  }

  /** Call this after compiling: no name counts as changed any more. */
  settle(): void {
    if (this.#prepared.count > 0 || this.#hiding.count > 0) this.#hiding.note(this, this.changed);
    for (const name of this.changed) this.isChanged[name] = 0;
    this.changed.length = 0;
  }

  get addresses(): Uint8Array {
    return this.#addresses.octets;
  }

  get sets(): Uint32Array {
    return this.#prepared.words;
  }

  get marks(): Uint8Array {
    return this.#marks.octets;
  }

  /** The records that prepared sets hide, as of the last `settle`. */
  hidden(): readonly HiddenRecords[] {
    return this.#hiding.list(this);
  }

  /** Removes all records, and keeps the memory for the next ones: a zone is built again and again. */
  clear(): void {
    this.names.clear();
    this.exists.fill(0);
    this.children.fill(0);
    this.head.fill(0);
    this.#marks.clear();
    this.#prepared.clear();
    this.#hiding.clear();
    this.settle();
    this.#free = 0;
    this.#living = 0;
    this.#addresses.clear();
    this.#used = RECORD.WORDS;
    this.#recent.clear();
    this.#enterApex();
  }

  #enterApex(): void {
    if (this.apex === SCATTERED) return;
    this.names.intern(this.apex);
    this.exists[this.apexNumber] = 1;
  }

  /** Whether more names or IPv6 addresses have been removed than are left. Only building the set anew frees their memory. */
  get isWasteful(): boolean {
    return Math.max(this.names.count, this.#addresses.count) > 2 * this.#living + FIRST_CAPACITY;
  }

  /** Makes room for all records, of which this share is here now. Memory that is set aside and not used costs nothing. */
  expectRest(share: number): void {
    const spare = 1.1 / share;
    this.names.reserve(Math.ceil(this.names.count * spare));
    this.#fit();
    const cells = Math.ceil(this.#used * spare);
    if (cells > this.cells.length) this.cells = grown(this.cells, this.#memory.words(cells));
  }

  address(name: string, address: Address, standby?: boolean): void {
    this.#add(name, kindOf(address, standby), this.#valueOf(address), 0);
  }

  service(name: string, target: string, port: number, standby?: boolean): void {
    this.#add(name, serviceKind(standby), this.#nameOf(target), port);
  }

  pointer(name: string, target: string): void {
    this.#add(name, KIND.PTR, this.#nameOf(target), 0);
  }

  character(name: string, character: string): void {
    this.#add(name, KIND.TXT, character.charCodeAt(0), 0);
  }

  prepared(name: string, set: PreparedSet): void {
    this.#add(name, KIND.PREPARED, this.#prepared.add(set), set.type);
    if (set.type === TYPE.NS) this.#marks.cut(this.#nameOf(name), true);
  }

  /** Whether this name's records on standby are not published, because it has other records. */
  omitsStandby(name: string): boolean {
    const { cells } = this;
    const waits = (kind: number) => kind >= STANDBY || kind === KIND.PREPARED;
    let record = this.head[this.#nameOf(name)];
    while (record !== 0 && waits(kindIn(cells, record))) record = cells[record + RECORD.NEXT];
    return record !== 0;
  }

  #removePrepared(name: string, type: number): void {
    this.#prepared.remove(this.#remove(name, KIND.PREPARED, ANY_VALUE, type));
    if (type === TYPE.NS) this.#marks.cut(this.#nameOf(name), false);
  }

  #add(name: string, kind: number, value: number, port: number): void {
    const number = this.#nameOf(name);
    if (this.exists[number] === 0) this.#enter(number);
    const record = this.#takeRecord();
    this.touch(number);
    this.cells[record + RECORD.NEXT] = this.head[number];
    this.cells[record + RECORD.TRAITS] = traitsOf(kind, port);
    this.cells[record + RECORD.VALUE] = value;
    this.head[number] = record;
  }

  /** @returns the record's value */
  #remove(name: string, kind: number, value: number, port: number): number {
    const number = this.#nameOf(name);
    const { cells } = this;
    const traits = traitsOf(kind, port);
    let before = 0;
    let record = this.head[number];
    const isIt = (at: number) =>
      cells[at + RECORD.TRAITS] === traits && (value === ANY_VALUE || cells[at + RECORD.VALUE] === value);
    while (record !== 0 && !isIt(record)) {
      before = record;
      record = cells[record + RECORD.NEXT];
    }
    if (record === 0) throw new Error(`there is no such record of ${name} to be removed`);
    if (before === 0) this.head[number] = cells[record + RECORD.NEXT];
    else cells[before + RECORD.NEXT] = cells[record + RECORD.NEXT];
    cells[record + RECORD.NEXT] = this.#free;
    this.#free = record;
    this.touch(number);
    this.#leave(number);
    return cells[record + RECORD.VALUE];
  }

  #nameOf(text: string): number {
    const known = this.#recent.find(text);
    if (known >= 0) return known;
    const number = this.names.intern(text);
    this.#fit();
    this.#recent.add(text, number);
    return number;
  }

  /** Allocates a record: from the free list, or new. */
  #takeRecord(): number {
    if (this.#free !== 0) {
      const record = this.#free;
      this.#free = this.cells[record + RECORD.NEXT];
      return record;
    }
    const record = this.#used;
    this.#used += RECORD.WORDS;
    if (this.#used > this.cells.length) this.cells = grown(this.cells, this.#memory.words(this.cells.length * 2));
    return record;
  }

  /** Says that the entry of a name has changed. */
  touch(number: number): void {
    if (this.isChanged[number] === 1) return;
    this.isChanged[number] = 1;
    this.changed.push(number);
  }

  /** The name without its first label. */
  parentOf(number: number): number {
    const parent = this.names.internParent(number);
    this.#fit();
    return parent;
  }

  /** Adds a name to the zone, and all empty non-terminals between it and the apex (RFC 4592 §2.2.2), if the zone has an apex. */
  #enter(number: number): void {
    let name = number;
    while (this.exists[name] === 0) {
      this.exists[name] = 1;
      this.#living++;
      this.touch(name);
      if (this.apex === SCATTERED) return;
      const parent = this.parentOf(name);
      this.children[parent]++;
      this.#marks.enter(name, parent);
      name = parent;
    }
  }

  /** Removes a name from the zone if it has no records and no names below it, then the names above it for which the same holds. */
  #leave(number: number): void {
    let name = number;
    while (name !== this.apexNumber && this.head[name] === 0 && this.children[name] === 0) {
      this.exists[name] = 0;
      this.#living--;
      this.touch(name);
      if (this.apex === SCATTERED) return;
      const parent = this.parentOf(name);
      this.children[parent]--;
      this.#marks.leave(name, parent);
      name = parent;
    }
  }

  #valueOf(address: Address): number {
    return address.family === 4 ? address.bits >>> 0 : this.#addresses.numberOf(address);
  }

  /** Grows the arrays by name to the capacity of the name table. */
  #fit(): void {
    const capacity = this.names.at.length;
    if (this.exists.length >= capacity) return;
    this.exists = grown(this.exists, new Uint8Array(capacity));
    this.isChanged = grown(this.isChanged, new Uint8Array(capacity));
    this.children = grown(this.children, new Uint32Array(capacity));
    this.#marks.grow(capacity);
    this.head = grown(this.head, this.#memory.words(capacity));
  }
}
