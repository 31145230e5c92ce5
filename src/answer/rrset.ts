import { nameIn } from "../wire/prepared.js";
import { TYPE } from "../wire/protocol.js";
import { PREPARED_FLAG, RECORD_HEADER, RRSET_WORDS, TARGETS_FLAG } from "../zone/layout.js";
import { ownOctets, rrsetCount, rrsetWord } from "../zone/snapshot.js";

const TYPE_MASK = 0xffff;

/** Reads an entry's RRsets in place; `zone/layout.ts` describes them. */

/** Word index of the entry's RRset of this type; 0 if there is none. */
export function findRrset(words: Uint32Array, entry: number, type: number): number {
  const end = rrsetWord(entry, rrsetCount(words, entry));
  for (let at = rrsetWord(entry, 0); at < end; at += RRSET_WORDS) if (typeOf(words, at) === type) return at;
  return 0;
}

export function typeOf(words: Uint32Array, rrset: number): number {
  return words[rrset] & TYPE_MASK;
}

/** Octets in a message of all records of an RRset, with pointers as owners. */
export function rrsetOctets(words: Uint32Array, entry: number, rrset: number): number {
  const descriptor = words[rrset];
  if ((descriptor & (TARGETS_FLAG | PREPARED_FLAG)) !== 0) return words[entry + words[rrset + 2]];
  return words[rrset + 1] * (RECORD_HEADER + ownOctets(descriptor));
}

/** Whether a type is an address type: a part of such an RRset is still useful. */
export function isAddress(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}

/** Whether an answer with this RRset has the addresses of its targets too: for SRV, NS and MX, not for PTR and CNAME. */
export function hasGlue(descriptor: number): boolean {
  const type = descriptor & TYPE_MASK;
  if ((descriptor & TARGETS_FLAG) !== 0) return type !== TYPE.PTR;
  return (descriptor & PREPARED_FLAG) !== 0 && type !== TYPE.CNAME && nameIn(type) >= 0;
}
