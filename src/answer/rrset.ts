import { toWords } from "../wire/names.js";
import { TYPE } from "../wire/protocol.js";
import { OWN_MASK, OWN_SHIFT, RECORD_HEADER, RRSET_WORDS, TARGETS_FLAG, TARGETS_HEADER_WORDS } from "../zone/layout.js";
import { rrsetCount, rrsetWord } from "../zone/snapshot.js";

/** Reads an entry's RRsets in place; `zone/layout.ts` describes them. */

/** Word index of the entry's RRset of this type; 0 if there is none. */
export function findRrset(words: Uint32Array, entry: number, type: number): number {
  const end = rrsetWord(entry, rrsetCount(words, entry));
  for (let at = rrsetWord(entry, 0); at < end; at += RRSET_WORDS) if ((words[at] & 0xffff) === type) return at;
  return 0;
}

/** Octets in a message of all records of an RRset, with pointers as owners. */
export function rrsetOctets(words: Uint32Array, entry: number, rrset: number): number {
  const descriptor = words[rrset];
  if ((descriptor & TARGETS_FLAG) !== 0) return words[entry + words[rrset + 2]];
  return words[rrset + 1] * (RECORD_HEADER + ownOctets(descriptor));
}

/** Octets of RDATA that each record of an RRset has of its own, besides priority, weight and target. */
export function ownOctets(descriptor: number): number {
  return (descriptor >>> OWN_SHIFT) & OWN_MASK;
}

/** Word index of the table with the hashes and positions of an RRset's targets. */
export function targetTable(words: Uint32Array, rrset: number, data: number): number {
  const count = words[rrset + 1];
  return data + TARGETS_HEADER_WORDS + count + toWords(count * ownOctets(words[rrset]));
}

/** Whether a type is an address type: a part of such an RRset is still useful. */
export function isAddress(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

/** Whether an answer with this RRset has the addresses of its targets too: for SRV and NS, not for PTR. */
export function hasGlue(descriptor: number): boolean {
  return (descriptor & TARGETS_FLAG) !== 0 && (descriptor & 0xffff) !== TYPE.PTR;
}
