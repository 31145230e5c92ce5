import type { AliasChain, AliasLink } from "../wire/alias.js";
import { hashName } from "../wire/names.js";
import type { ApexRecords } from "../zone/apex.js";
import type { Snapshot } from "../zone/snapshot.js";

/** A name in one of the zones that a name outside is an alias of. */
export interface OwnName {
  readonly link: AliasLink;
  /** In lower-case wire form. */
  readonly name: Uint8Array;
}

/**
 * The first name of a chain of aliases that is in one of the snapshot's zones: this server is authoritative for it
 * (RFC 1034 §4.3.2).
 */
export function firstOwnName({ words, octets, links }: AliasChain, snapshot: Snapshot): OwnName | undefined {
  for (const link of links) {
    const start = 4 * link.word;
    const hash = hashName(octets, start, link.length, snapshot.seed) | 0;
    const found = snapshot.ready ? snapshot.find(words, link.word, link.length, hash) : 0;
    const name = octets.subarray(start, start + link.length);
    if (found !== 0 || isInZone(snapshot, name)) return { link, name };
  }
  return undefined;
}

function isInZone({ zones }: Snapshot, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at += name[at] + 1) {
    const isOf = ({ apex, name: own }: ApexRecords) =>
      !apex.scattered && own.length === name.length - at && endsWith(name, at, own);
    if (zones.some(isOf)) return true;
  }
  return false;
}

function endsWith(octets: Uint8Array, at: number, name: Uint8Array): boolean {
  return name.every((octet, i) => octets[at + i] === octet);
}
