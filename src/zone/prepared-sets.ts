import { PREPARED, RDLENGTH_MASK, WEIGHT_SHIFT, WEIGHTS_SHIFT, ZONE_TTL } from "../wire/prepared.js";
import { isPrepared } from "./snapshot.js";

/** Reads prepared sets (`wire/prepared.ts`) in a shard, by the word at which their data start. */

/** The TTL of an RRset in seconds: its own, or that of the zone. @param rrset word of its descriptor */
export function ttlOf(words: Uint32Array, entry: number, rrset: number, ofZone: number): number {
  if (!isPrepared(words[rrset])) return ofZone;
  const own = words[entry + words[rrset + 2] + PREPARED.TTL];
  return own === ZONE_TTL ? ofZone : own;
}

/** Octets of a record's RDATA. */
export function rdlengthOf(words: Uint32Array, data: number, record: number): number {
  return words[recordWord(data, record)] & RDLENGTH_MASK;
}

/** The octet of the shard at which a record's RDATA starts. */
export function rdataAt(words: Uint32Array, data: number, record: number): number {
  return data * 4 + words[recordWord(data, record) + 1];
}

export function weightOf(words: Uint32Array, data: number, record: number): number {
  return words[recordWord(data, record)] >>> WEIGHT_SHIFT;
}

/** The sum of the weights. */
export function weightsOf(words: Uint32Array, data: number): number {
  return words[data + PREPARED.PICK] >>> WEIGHTS_SHIFT;
}

function recordWord(data: number, record: number): number {
  return data + PREPARED.HEADER + record * PREPARED.RECORD;
}
