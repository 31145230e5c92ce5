import type { ApexRecords } from "../zone/apex.js";
import type { Snapshot } from "../zone/snapshot.js";
import { type Difference, recordEnd } from "./journal.js";
import type { Contents } from "./message.js";
import { ZoneWalk } from "./zone-walk.js";

/** A zone's SOA record in wire form. */
export function soaOf({ name, soa }: ApexRecords): Uint8Array {
  const record = new Uint8Array(name.length + soa.length);
  record.set(name);
  record.set(soa, name.length);
  return record;
}

/** All these contents, one after the other. */
export function inOrder(parts: readonly Contents[]): Contents {
  let next = 0;
  return {
    fill: (message) => {
      while (next < parts.length && parts[next].fill(message)) next++;
      return next === parts.length;
    },
  };
}

/** Records in wire form that stand one after the other. */
export function recordsOf(octets: Uint8Array): Contents {
  let at = 0;
  return {
    fill: (message) => {
      while (at < octets.length) {
        const end = recordEnd(octets, at);
        if (!message.add(octets, at, end - at)) return false;
        at = end;
      }
      return true;
    },
  };
}

/** A whole zone, its SOA first and last (RFC 5936 §2.2). */
export function wholeZone(snapshot: Snapshot, zone: number): Contents {
  const soa = soaOf(snapshot.zones[zone]);
  return inOrder([recordsOf(soa), new ZoneWalk(snapshot, zone), recordsOf(soa)]);
}

/** The difference from one version to the current one (RFC 1995 §4). @param old SOA record of the version before */
export function changesOf(zone: ApexRecords, old: Uint8Array, { deleted, added }: Difference): Contents {
  const soa = soaOf(zone);
  return inOrder([soa, old, deleted, soa, added, soa].map(recordsOf));
}
