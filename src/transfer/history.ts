import type { Apex, ApexRecords } from "../zone/apex.js";
import type { HeldSnapshots } from "../zone/held-snapshots.js";
import { firstEntry, type Snapshot, type SnapshotUpdate, tallyOf, zoneOf } from "../zone/snapshot.js";
import { soaOf } from "./contents.js";
import { differencesOf } from "./differences.js";
import { type Difference, type Journal, NO_DIFFERENCE } from "./journal.js";

/** A difference with more octets than this is no use: the whole zone is sent instead. */
const MAX_DIFFERENCE = 16 * 1024 * 1024;

/** Follows the zones from snapshot to snapshot, and keeps the journal of their changes. */
export class ZoneHistory {
  readonly #snapshots: HeldSnapshots;
  readonly #journal: Journal;
  /** By zone: the number of its records in the newest snapshot. Counted when it is first needed. */
  #counts: Map<string, number> | undefined;

  constructor(snapshots: HeldSnapshots, journal: Journal) {
    this.#snapshots = snapshots;
    this.#journal = journal;
  }

  /** Makes the next snapshot the newest. Returns the names of the zones that have new serials. */
  use(update: SnapshotUpdate): readonly string[] {
    const before = this.#snapshots.newest;
    const differences = isComparable(before, update) ? differencesOf(before, update, MAX_DIFFERENCE) : undefined;
    this.#snapshots.use(update);
    // A zone may have come, whose records have never been counted.
    if (!differences) this.#counts = undefined;
    const changed: string[] = [];
    before.zones.forEach(({ apex }, index) => {
      if (apex.scattered) return;
      const now = update.apexes[index];
      if (now?.zone === apex.zone && now.soa.serial === apex.soa.serial) return;
      // The TTL is in every record: such a difference would be twice as large as the zone.
      const isKnown = differences !== undefined && apex.ttl === now.ttl;
      this.#note(before.zones[index], now?.soa.serial, isKnown ? changeOf(index, differences) : undefined);
    });
    for (const { zone, scattered, soa } of update.apexes) {
      if (!scattered && before.zones.find(({ apex }) => apex.zone === zone)?.apex.soa.serial !== soa.serial)
        changed.push(zone);
    }
    return update.ready ? changed : [];
  }

  /** The number of a zone's records, without its SOA. */
  records(zone: string): number {
    this.#counts ??= countRecords(this.#snapshots.newest);
    return this.#counts.get(zone) ?? 0;
  }

  #note(before: ApexRecords, to: number | undefined, difference: Difference | undefined): void {
    const { zone, soa } = before.apex;
    if (to === undefined || difference === undefined) {
      this.#journal.forget(zone);
      this.#counts = undefined;
      return;
    }
    this.#journal.add(zone, { ...difference, from: soa.serial, to, soa: soaOf(before) });
    const { added, deleted } = difference.counts;
    this.#counts?.set(zone, (this.#counts.get(zone) ?? 0) + added - deleted);
  }
}

/** The difference of a zone; `undefined` if it is not known because it is too large. */
function changeOf(index: number, differences: ReadonlyMap<number, Difference | undefined>): Difference | undefined {
  return differences.has(index) ? differences.get(index) : NO_DIFFERENCE;
}

/** Whether the update's shards can be compared with those of the snapshot before. */
function isComparable(before: Snapshot, { seed, ready, apexes }: SnapshotUpdate): boolean {
  const zones = (list: readonly Apex[]) => list.map(({ zone }) => zone).join(" ");
  const old = before.zones.map(({ apex }) => apex);
  return before.ready && ready && before.seed === seed && zones(old) === zones(apexes);
}

function countRecords({ zones, shards }: Snapshot): Map<string, number> {
  const counts = new Array<number>(zones.length).fill(0);
  for (const { words } of shards) {
    let entry = firstEntry(words);
    for (let left = words[0]; left > 0; left--) {
      counts[zoneOf(words, entry)] += tallyOf(words, entry);
      entry += words[entry + 1];
    }
  }
  return new Map(zones.map(({ apex }, index) => [apex.zone, counts[index]]));
}
