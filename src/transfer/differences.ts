import { compareShards, NO_ENTRY } from "../zone/difference.js";
import { Shard, type Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import { readEntry, WireRecord } from "../zone/wire-records.js";
import { type Difference, differenceOf } from "./journal.js";

/** The records of one zone that differ between two snapshots. */
class Changed {
  readonly deleted = new Set<string>();
  readonly added = new Set<string>();
  bytes = 0;

  /** A record of the snapshot before. */
  remove(text: string): void {
    this.deleted.add(text);
    this.bytes += text.length;
  }

  /** A record of the snapshot after. One that was there before has not changed. */
  add(text: string): void {
    if (this.deleted.delete(text)) this.bytes -= text.length;
    else {
      this.added.add(text);
      this.bytes += text.length;
    }
  }
}

/**
 * The differences that an update makes, by the index of the zone. A zone without changed records is absent; one whose difference has more than
 * `limit` bytes is `undefined`.
 *
 * @param before the snapshot that the update belongs to, with the same zones and the same seed
 */
export function differencesOf(
  before: Snapshot,
  update: SnapshotUpdate,
  limit: number,
): ReadonlyMap<number, Difference | undefined> {
  const record = new WireRecord();
  const zones = new Map<number, Changed>();
  const excessive = new Set<number>();
  for (const [index, memory] of update.shards) {
    const [old, young] = [before.shards[index], new Shard(memory)];
    compareShards(old, young, update.seed, (zone, from, to) => {
      if (excessive.has(zone)) return;
      const changed = zones.get(zone) ?? new Changed();
      zones.set(zone, changed);
      const { ttl } = before.zones[zone];
      if (from !== NO_ENTRY) readEntry(record, old, from, ttl, () => changed.remove(record.text));
      if (to !== NO_ENTRY) readEntry(record, young, to, ttl, () => changed.add(record.text));
      if (changed.bytes <= limit) return;
      excessive.add(zone);
      zones.delete(zone);
    });
  }
  const differences = new Map<number, Difference | undefined>();
  for (const zone of excessive) differences.set(zone, undefined);
  for (const [zone, { deleted, added }] of zones) {
    if (deleted.size + added.size > 0) differences.set(zone, differenceOf([...deleted], [...added]));
  }
  return differences;
}
