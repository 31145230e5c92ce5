import type { AliasChain, AliasLink } from "../wire/alias.js";
import { hashName } from "../wire/names.js";
import type { ApexRecords } from "../zone/apex.js";
import type { Snapshot } from "../zone/snapshot.js";

/** A name in one of the zones that a name outside is an alias of. */
export interface OwnName {
  readonly link: AliasLink;
  /** In lower-case wire form. */
  readonly name: Uint8Array;
  /** Its entry in the snapshot; 0 if there is none. */
  readonly found: number;
  /** The zone that it is in, if it has no entry. */
  readonly zone: ApexRecords | undefined;
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
    const zone = found === 0 ? zoneOf(snapshot, name) : undefined;
    if (found !== 0 || zone) return { link, name, found, zone };
  }
  return undefined;
}

/** The owner of the SOA in a negative answer. In a scattered zone, which has no apex, it is the name itself. */
export function ownerOfSoa({ apex, name }: ApexRecords, own: OwnName): Uint8Array {
  return apex.scattered ? own.name : name;
}

function zoneOf({ zones }: Snapshot, name: Uint8Array): ApexRecords | undefined {
  for (let at = 0; at < name.length; at += name[at] + 1) {
    const zone = zones.find(
      ({ apex, name: own }) => !apex.scattered && own.length === name.length - at && endsWith(name, at, own),
    );
    if (zone) return zone;
  }
  return undefined;
}

function endsWith(octets: Uint8Array, at: number, name: Uint8Array): boolean {
  return name.every((octet, i) => octets[at + i] === octet);
}
