import { decodeName } from "../wire/names.js";
import { compareShards, NO_ENTRY } from "../zone/difference.js";
import { nameAt, rrsetCount, Shard, type Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import type { Change } from "./changes.js";

/** At most this many names of a kind are listed in one change. */
export const NAMES = 20;

/**
 * The names that an update adds, removes and changes; `undefined` if it changes none, or may change all.
 * @param before the snapshot before it, whose memory may still be read
 */
export function nameChanges(before: Snapshot, { seed, shards }: SnapshotUpdate): Change | undefined {
  if (!before.ready || seed !== before.seed) return undefined;
  const lists = { added: [] as string[], removed: [] as string[], changed: [] as string[] };
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const [index, memory] of shards) {
    const [old, young] = [before.shards[index], new Shard(memory)];
    compareShards(old, young, seed, (_, before, after) => {
      const [was, is] = [withRecords(old, before), withRecords(young, after)];
      if (was === is && was === NO_ENTRY) return;
      const kind = was === NO_ENTRY ? "added" : is === NO_ENTRY ? "removed" : "changed";
      counts[kind]++;
      if (lists[kind].length >= NAMES) return;
      const { words, octets } = is === NO_ENTRY ? old : young;
      lists[kind].push(decodeName(octets, nameAt(words, is === NO_ENTRY ? was : is)));
    });
  }
  const count = counts.added + counts.removed + counts.changed;
  if (count === 0) return undefined;
  const told = (["added", "removed", "changed"] as const).filter((kind) => counts[kind] > 0);
  const text = `Names: ${told.map((kind) => `${counts[kind]} ${kind}`).join(", ")}.`;
  return { kind: "names", count, names: lists, text };
}

/** An entry without records is there for the sake of names below it. */
function withRecords({ words }: Shard, entry: number): number {
  return entry !== NO_ENTRY && rrsetCount(words, entry) > 0 ? entry : NO_ENTRY;
}
