import type { Address } from "../records/addresses.js";
import type { RecordSink } from "../records/generate.js";
import type { PointerSink } from "../records/reverse.js";
import { grown, NameTable } from "./name-table.js";

const FIRST_CAPACITY = 1 << 12;

/** What a record holds; the order is that of the sets in an entry. */
export const KIND = { A: 0, AAAA: 1, SRV: 2, PTR: 3 } as const;

const NOBODY = { text: "", number: -1 };

/** In place of an apex: the zone is scattered (`Apex.scattered`), and has no names but those of its records. */
export const NO_APEX = "";
const NO_NUMBER = -1;

/**
 * The records of one zone as the generator emits them, with every empty non-terminal (RFC 8020): a chain of records for
 * each name, in columns of typed arrays. Duplicates may occur here; compiling drops them.
 */
export class RecordSet implements RecordSink, PointerSink {
  /** Dotted, lower case, without the final dot; or `NO_APEX`. */
  readonly apex: string;
  readonly names: NameTable;
  /** The apex is always the first name; -1 where there is none. */
  readonly apexNumber: number;
  /** IPv6 addresses by the number that records hold. */
  readonly addresses: Address[] = [];
  /** By name: whether it is in the zone (a target may not be), and its newest record plus one. */
  exists = new Uint8Array(FIRST_CAPACITY);
  head = new Uint32Array(FIRST_CAPACITY);
  /** By record: its kind, the next older record of the name plus one, and what it holds. */
  kind = new Uint8Array(FIRST_CAPACITY);
  next = new Uint32Array(FIRST_CAPACITY);
  /** An IPv4 address, the number of an IPv6 address, or the number of a target's name. */
  value = new Uint32Array(FIRST_CAPACITY);
  port = new Uint16Array(FIRST_CAPACITY);
  #count = 0;
  readonly #addressNumbers = new Map<Address, number>();
  /** The names used last: a task's ports come one after the other, under one name and towards one target. */
  #owner = NOBODY;
  #target = NOBODY;

  /** @param seed of the name hash */
  constructor(apex: string, seed: number) {
    this.apex = apex;
    this.apexNumber = apex === NO_APEX ? NO_NUMBER : 0;
    this.names = new NameTable(seed);
    this.#enterApex();
  }

  /** Forgets all records and keeps the memory for the next ones: a zone is built again and again. */
  clear(): void {
    this.names.clear();
    this.exists.fill(0);
    this.head.fill(0);
    this.addresses.length = 0;
    this.#addressNumbers.clear();
    this.#count = 0;
    this.#owner = NOBODY;
    this.#target = NOBODY;
    this.#enterApex();
  }

  #enterApex(): void {
    if (this.apex === NO_APEX) return;
    this.names.intern(this.apex);
    this.exists[this.apexNumber] = 1;
  }

  address(name: string, address: Address): void {
    if (address.family === 4) this.#add(name, KIND.A, ipv4Of(address.octets), 0);
    else this.#add(name, KIND.AAAA, this.#numberOf(address), 0);
  }

  service(name: string, target: string, port: number): void {
    this.#add(name, KIND.SRV, this.#targetOf(target), port);
  }

  pointer(name: string, target: string): void {
    this.#add(name, KIND.PTR, this.#targetOf(target), 0);
  }

  #targetOf(text: string): number {
    if (text !== this.#target.text) {
      this.#target = { text, number: this.names.intern(text) };
      this.#fit();
    }
    return this.#target.number;
  }

  #add(name: string, kind: number, value: number, port: number): void {
    if (name !== this.#owner.text) {
      this.#owner = { text: name, number: this.names.intern(name) };
      this.#fit();
    }
    const { number } = this.#owner;
    if (this.exists[number] === 0) this.#enter(number);
    const record = this.#count++;
    if (record === this.kind.length) this.#growRecords();
    this.kind[record] = kind;
    this.value[record] = value;
    this.port[record] = port;
    this.next[record] = this.head[number];
    this.head[number] = record + 1;
  }

  /** Puts a name into the zone, and every name between it and the apex (RFC 4592 §2.2.2) if there is one. */
  #enter(number: number): void {
    if (this.apex === NO_APEX) {
      this.exists[number] = 1;
      return;
    }
    let name = number;
    while (this.exists[name] === 0) {
      this.exists[name] = 1;
      name = this.names.internParent(name);
      this.#fit();
    }
  }

  #numberOf(address: Address): number {
    const known = this.#addressNumbers.get(address);
    if (known !== undefined) return known;
    this.#addressNumbers.set(address, this.addresses.length);
    return this.addresses.push(address) - 1;
  }

  /** Makes the columns by name as long as the table's. */
  #fit(): void {
    const capacity = this.names.at.length;
    if (this.exists.length >= capacity) return;
    this.exists = grown(this.exists, new Uint8Array(capacity));
    this.head = grown(this.head, new Uint32Array(capacity));
  }

  #growRecords(): void {
    const capacity = this.kind.length * 2;
    this.kind = grown(this.kind, new Uint8Array(capacity));
    this.next = grown(this.next, new Uint32Array(capacity));
    this.value = grown(this.value, new Uint32Array(capacity));
    this.port = grown(this.port, new Uint16Array(capacity));
  }
}

function ipv4Of(octets: Uint8Array): number {
  return ((octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]) >>> 0;
}
