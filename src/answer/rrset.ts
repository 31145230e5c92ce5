import { toWords } from "../wire/names.js";
import { TYPE } from "../wire/protocol.js";
import { OWN_MASK, OWN_SHIFT, RECORD_HEADER, RRSET_WORDS, TARGETS_FLAG, TARGETS_HEADER_WORDS } from "../zone/layout.js";
import { rrsetCount, rrsetWord } from "../zone/snapshot.js";

/** Reading an entry's sets where they lie; `zone/layout.ts` draws them. */

/** Word of the entry's set of this type, or 0. */
export function findRrset(words: Uint32Array, entry: number, type: number): number {
  const end = rrsetWord(entry, rrsetCount(words, entry));
  for (let at = rrsetWord(entry, 0); at < end; at += RRSET_WORDS) if ((words[at] & 0xffff) === type) return at;
  return 0;
}

/** Octets that all records of a set take, owners being pointers. */
export function rrsetOctets(words: Uint32Array, entry: number, rrset: number): number {
  const descriptor = words[rrset];
  if ((descriptor & TARGETS_FLAG) !== 0) return words[entry + words[rrset + 2]];
  return words[rrset + 1] * (RECORD_HEADER + ownOctets(descriptor));
}

/** Octets of RDATA that each record of a set has of its own. */
export function ownOctets(descriptor: number): number {
  return (descriptor >>> OWN_SHIFT) & OWN_MASK;
}

/** Word where the hashes and positions of a set's targets start. */
export function targetTable(words: Uint32Array, rrset: number, data: number): number {
  const count = words[rrset + 1];
  return data + TARGETS_HEADER_WORDS + count + toWords(count * ownOctets(words[rrset]));
}

/** Whether records of a type are addresses, each of which is good for something without the others. */
export function isAddress(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

/** Targets of SRV and NS are to be connected to; a PTR's is an answer in itself. */
export function hasGlue(descriptor: number): boolean {
  return (descriptor & TARGETS_FLAG) !== 0 && (descriptor & 0xffff) !== TYPE.PTR;
}
