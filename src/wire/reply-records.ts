import { writeUint32 } from "./octets.js";

/** The records of a reply in the form in which they are cached. */
export interface StoredRecords {
  /** The records, followed by the index of each record's TTL, in two octets. */
  readonly octets: Uint8Array;
  /** Index behind the last record. */
  readonly end: number;
  /** The longest run of address records of one RRset, which rotate: the number of the first record, and how many there are. */
  readonly runStart: number;
  readonly runLength: number;
}

/** Octets from a record's type to its TTL, and from its TTL to its RDATA. */
export const TTL_IN_FIXED = 4;
export const TTL_TO_RDATA = 6;

/** Reads a TTL. One with the topmost bit set counts as 0 (RFC 2181 §8). */
export function readTtl(octets: Uint8Array, at: number): number {
  if ((octets[at] & 0x80) !== 0) return 0;
  return (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3];
}

/** The index in `octets` of the TTL of record `i`. @param end index behind the last record */
export function ttlPlace(octets: Uint8Array, end: number, i: number): number {
  const at = end + 2 * i;
  return (octets[at] << 8) | octets[at + 1];
}

/** The index in `octets` behind record `i`. */
export function recordEnd({ octets, end }: StoredRecords, i: number): number {
  const at = ttlPlace(octets, end, i) + TTL_IN_FIXED;
  return at + 2 + ((octets[at] << 8) | octets[at + 1]);
}

/** TTL of stale records, in seconds (RFC 8767 §4). */
export const STALE_TTL = 30;

/** How to write records. */
export interface Delivery {
  /** Seconds since the reply arrived, by which TTLs are reduced; negative if it is stale. */
  readonly age: number;
  /** By how many places to rotate the addresses. */
  readonly rotation: number;
}

/**
 * Writes the first `size` octets of a reply's records to `out` at `start`, with reduced TTLs or `STALE_TTL`, and with its
 * addresses rotated.
 *
 * @returns the index behind them
 */
export function writeRecords(
  stored: StoredRecords,
  size: number,
  out: Uint8Array,
  start: number,
  { age, rotation }: Delivery,
): number {
  const { octets, end, runLength } = stored;
  for (let i = 0; i < size; i++) out[start + i] = octets[i];
  const records = (octets.length - end) >>> 1;
  for (let i = 0; i < records; i++) {
    const at = ttlPlace(octets, end, i);
    if (at >= size) break;
    writeUint32(out, start + at, age < 0 ? STALE_TTL : readTtl(octets, at) - age);
  }
  if (runLength > 1) rotateAddresses(stored, size, out, start, rotation % runLength);
  return start + size;
}

/** Rotates the addresses of the run. Moves only RDATA, which has no compression pointers for address types. */
function rotateAddresses(stored: StoredRecords, size: number, out: Uint8Array, start: number, by: number): void {
  const { octets, end, runStart: first, runLength: count } = stored;
  const rdlength = octets[ttlPlace(octets, end, first) + TTL_IN_FIXED + 1];
  for (let i = 0; i < count; i++) {
    const from = ttlPlace(octets, end, first + ((i + by) % count)) + TTL_TO_RDATA;
    const to = ttlPlace(octets, end, first + i) + TTL_TO_RDATA;
    if (to >= size) return;
    for (let k = 0; k < rdlength; k++) out[start + to + k] = octets[from + k];
  }
}
