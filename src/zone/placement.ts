import { compareNames, type NameColumns, SHARED } from "./columns.js";
import { SHARD_BITS, SHARDS, shardOf } from "./layout.js";
import type { RecordSet } from "./record-set.js";

/** The names of one zone in one shard. */
export interface Placement {
  /** Sorted by hash, then by octets. */
  readonly names: Uint32Array;
  /** The word at which each name's entry starts; in a plan, 0 for an entry that has to be written. */
  readonly entries: Uint32Array;
}

/** All names of a zone by shard, in shared memory. */
export interface WholePlan {
  readonly names: Uint32Array;
  /** The position at which the names of each shard start, and the end of the last ones. */
  readonly starts: Uint32Array;
}

/** Plans to write all names of a zone. @param exists by name: 1 if it is in the zone */
export function planWhole({ hash }: NameColumns, exists: Uint8Array): WholePlan {
  const starts = SHARED.words(SHARDS + 1);
  for (let name = 0; name < exists.length; name++) if (exists[name] === 1) starts[shardOf(hash[name]) + 1]++;
  for (let i = 0; i < SHARDS; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const names = SHARED.words(starts[SHARDS]);
  for (let name = 0; name < exists.length; name++) if (exists[name] === 1) names[next[shardOf(hash[name])]++] = name;
  return { names, starts };
}

/** Plans to write all names of a zone that are in this shard. */
export function placementIn(plan: WholePlan, shard: number, columns: NameColumns): Placement {
  const [start, end] = [plan.starts[shard], plan.starts[shard + 1]];
  const names = new Uint32Array(end - start);
  for (let i = 0; i < names.length; i++) names[i] = plan.names[start + i];
  sortAll(names, columns);
  return { names, entries: new Uint32Array(names.length) };
}

/** Numbers of names are below this, so that the hash within a shard and the number fit into 53 bits. */
const NAME_LIMIT = 2 ** 29;
const HASH_IN_SHARD = 2 ** (32 - SHARD_BITS) - 1;

/** Sorts the names of one shard. Sorts numbers, because V8 does that many times faster than with a compare function. */
function sortAll(list: Uint32Array, columns: NameColumns): void {
  const { hash } = columns;
  const keys = new Float64Array(list.length);
  for (let i = 0; i < list.length; i++) keys[i] = (hash[list[i]] & HASH_IN_SHARD) * NAME_LIMIT + list[i];
  keys.sort();
  for (let i = 0; i < list.length; i++) list[i] = keys[i] % NAME_LIMIT;
  for (let start = 0; start < list.length; ) {
    let end = start + 1;
    while (end < list.length && hash[list[end]] === hash[list[start]]) end++;
    if (end - start > 1) list.subarray(start, end).sort(orderOf(columns));
    start = end;
  }
}

/** The names of a zone that have changed since its last compilation, by shard; `undefined` for a shard without changes. */
export function changedByShard({ names, changed }: RecordSet): readonly (readonly number[] | undefined)[] {
  const shards: (number[] | undefined)[] = new Array(SHARDS).fill(undefined);
  for (const name of changed) {
    const shard = shardOf(names.hash[name]);
    const list = shards[shard];
    if (list) list.push(name);
    else shards[shard] = [name];
  }
  return shards;
}

/** Plans a shard anew: keeps the entries of unchanged names, and adds the names that have to be written. */
export function planAgain(last: Placement, changed: readonly number[], records: RecordSet): Placement {
  const order = orderOf(records.names);
  const fresh = changed.filter((name) => records.exists[name] === 1).sort(order);
  const names = new Uint32Array(last.names.length + fresh.length);
  const entries = new Uint32Array(names.length);
  let count = 0;
  let next = 0;
  for (let i = 0; i < last.names.length; i++) {
    const name = last.names[i];
    if (records.isChanged[name] === 1) continue;
    while (next < fresh.length && order(fresh[next], name) < 0) names[count++] = fresh[next++];
    entries[count] = last.entries[i];
    names[count++] = name;
  }
  while (next < fresh.length) names[count++] = fresh[next++];
  return { names: names.slice(0, count), entries: entries.slice(0, count) };
}

function orderOf(names: NameColumns): (a: number, b: number) => number {
  return (a, b) => names.hash[a] - names.hash[b] || compareNames(names, a, b);
}
