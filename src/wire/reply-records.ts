import { writeUint32 } from "./octets.js";

/** The records of a message as they are kept, and the places of their TTLs. */
export interface StoredRecords {
  /** The records, and behind them, two octets each, the places of their TTLs. */
  readonly octets: Uint8Array;
  /** Where the records end. */
  readonly end: number;
  /** The longest run of addresses, which take turns: its first record, and how many there are. */
  readonly runStart: number;
  readonly runLength: number;
}

/** From a record's type to its TTL, and from there to its RDATA. */
export const TTL_IN_FIXED = 4;
export const TTL_TO_RDATA = 6;

/** RFC 2181 §8: a TTL with the topmost bit set is 0. */
export function readTtl(octets: Uint8Array, at: number): number {
  if ((octets[at] & 0x80) !== 0) return 0;
  return (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
}

/** Where in `octets` the TTL of record `i` stands. */
export function ttlPlace(octets: Uint8Array, end: number, i: number): number {
  const at = end + 2 * i;
  return (octets[at] << 8) | octets[at + 1];
}

/** The octet of `octets` behind record `i`. */
export function recordEnd({ octets, end }: StoredRecords, i: number): number {
  const at = ttlPlace(octets, end, i) + TTL_IN_FIXED;
  return at + 2 + ((octets[at] << 8) | octets[at + 1]);
}

/** A stale record's TTL (RFC 8767 §4). */
export const STALE_TTL = 30;

/** When records are given out: so many seconds after they came, negative for past their time; and which address is the first. */
export interface Moment {
  readonly age: number;
  readonly turn: number;
}

/**
 * Writes the first `size` octets of a reply's records to `out` at `start`, with their TTLs as they are then, or
 * `STALE_TTL`; its addresses from the `turn`th on and around.
 *
 * @returns the octet behind them
 */
export function writeRecords(
  stored: StoredRecords,
  size: number,
  out: Uint8Array,
  start: number,
  { age, turn }: Moment,
): number {
  const { octets, end, runLength } = stored;
  for (let i = 0; i < size; i++) out[start + i] = octets[i];
  const records = (octets.length - end) >>> 1;
  for (let i = 0; i < records; i++) {
    const at = ttlPlace(octets, end, i);
    if (at >= size) break;
    writeUint32(out, start + at, age < 0 ? STALE_TTL : readTtl(octets, at) - age);
  }
  if (runLength > 1) turnAddresses(stored, size, out, start, turn % runLength);
  return start + size;
}

/** Addresses have no names inside: their RDATA can change places whatever their owners look like. */
function turnAddresses(stored: StoredRecords, size: number, out: Uint8Array, start: number, turn: number): void {
  const { octets, end, runStart: first, runLength: count } = stored;
  const rdlength = octets[ttlPlace(octets, end, first) + TTL_IN_FIXED + 1];
  for (let i = 0; i < count; i++) {
    const from = ttlPlace(octets, end, first + ((i + turn) % count)) + TTL_TO_RDATA;
    const to = ttlPlace(octets, end, first + i) + TTL_TO_RDATA;
    if (to >= size) return;
    for (let k = 0; k < rdlength; k++) out[start + to + k] = octets[from + k];
  }
}
