import type { Address } from "../base/addresses.js";
import { WORD } from "../wire/names.js";

/**
 * The records of one zone as columns of shared memory. `NameTable` and `RecordSet` write them; every thread can compile them.
 */

/** The kinds of records, in the order of their sets in an entry. One of the last kind is a whole set. */
export const KIND = { A: 0, AAAA: 1, SRV: 2, PTR: 3, TXT: 4, PREPARED: 5 } as const;

/**
 * Added to the kind of a record on standby (`RecordSink`). Only the compiler decides whether it is published, so adding or
 * removing a record touches only its own name.
 */
export const STANDBY = 8;

/** The words of a record: the next older record of its name (0 for none), its kind and port (a prepared set's type), and its value. */
export const RECORD = { WORDS: 3, NEXT: 0, TRAITS: 1, VALUE: 2 } as const;
const KIND_MASK = 0xff;
const PORT_SHIFT = 8;

export const IPV6_OCTETS = 16;

/** Names in wire form. */
export interface NameColumns {
  /** The names, one after the other, each padded with zeros to a word: words are faster to compare and to copy. */
  readonly words: Uint32Array;
  /** The same memory. */
  readonly octets: Uint8Array;
  /** By number: the word at which the name starts, its length in octets, and its hash. */
  readonly at: Uint32Array;
  readonly size: Uint8Array;
  readonly hash: Uint32Array;
}

/** The records of one zone: a linked list for each name. */
export interface RecordColumns {
  readonly names: NameColumns;
  /** The number of the apex's name. -1 if the zone has no apex. */
  readonly apexNumber: number;
  /** By name: its newest record, or 0 if it has none. */
  readonly head: Uint32Array;
  /**
   * The records. A record is identified by the index of its first word (see `RECORD`). Its value is an IPv4 address, the number of an
   * IPv6 address, the number of a target's name, a character, or the place of a prepared set. Records are read in random order, so the words of each are adjacent.
   */
  readonly cells: Uint32Array;
  /** The octets of IPv6 addresses, by number. */
  readonly addresses: Uint8Array;
  /** The prepared sets (`PreparedStore`). */
  readonly sets: Uint32Array;
  /** By name: its marks (`MARK`). */
  readonly marks: Uint8Array;
}

/** The columns by themselves, to be sent to another thread. They are those of this moment: growing makes others. */
export function columnsOf(columns: RecordColumns): RecordColumns {
  const { names, apexNumber, head, cells, addresses, sets, marks } = columns;
  const { words, octets, at, size, hash } = names;
  return { names: { words, octets, at, size, hash }, apexNumber, head, cells, addresses, sets, marks };
}

/** Where columns get their memory, which is shared and full of zeros. */
export interface ColumnMemory {
  words(length: number): Uint32Array;
  octets(length: number): Uint8Array;
}

export const SHARED: ColumnMemory = {
  words: (length) => new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT)),
  octets: (length) => new Uint8Array(new SharedArrayBuffer(length)),
};

/** Copies the smaller array to the start of the larger one, and returns that. */
export function grown<T extends Uint8Array | Uint16Array | Uint32Array>(small: T, large: T): T {
  large.set(small);
  return large;
}

/** Compares two names by their octets, for sorting. */
export function compareNames({ words, octets, at, size }: NameColumns, a: number, b: number): number {
  const common = Math.min(size[a], size[b]);
  let from = at[a];
  let to = at[b];
  let left = common;
  for (; left >= WORD && words[from] === words[to]; left -= WORD) {
    from++;
    to++;
  }
  for (let i = 0; i < left; i++) {
    const difference = octets[from * WORD + i] - octets[to * WORD + i];
    if (difference !== 0) return difference;
  }
  return size[a] - size[b];
}

export function traitsOf(kind: number, port: number): number {
  return (port << PORT_SHIFT) | kind;
}

/** The kind of a record in `cells`, to which `STANDBY` may be added. */
export function kindIn(cells: Uint32Array, record: number): number {
  return cells[record + RECORD.TRAITS] & KIND_MASK;
}

/** The port of a record in `cells`; 0 if its kind has none. */
export function portIn(cells: Uint32Array, record: number): number {
  return cells[record + RECORD.TRAITS] >>> PORT_SHIFT;
}

/** The kind of a record with this address. */
export function kindOf({ family }: Address, standby?: boolean): number {
  return (family === 4 ? KIND.A : KIND.AAAA) + (standby ? STANDBY : 0);
}

/** The kind of an SRV record. */
export function serviceKind(standby?: boolean): number {
  return KIND.SRV + (standby ? STANDBY : 0);
}
