import { hashName } from "../wire/names.js";
import { firstEntry, nameAt, nameLength, Shard, zoneOf } from "./snapshot.js";

/** In place of an entry that a shard does not have. */
export const NO_ENTRY = 0;

/** Is told of a name whose entry is not the same in two shards: the word at which each entry starts, or `NO_ENTRY`. */
export type Visit = (zone: number, before: number, after: number) => void;

/**
 * Finds the names whose records differ between two versions of a shard. It reads both from beginning to end, which the compiler
 * has written in the same order: by zone, then by hash, then by octets.
 *
 * @param seed of the name hash, the same for both
 */
export function compareShards(before: Shard, after: Shard, seed: number, visit: Visit): void {
  const old = new Cursor(before, seed);
  const young = new Cursor(after, seed);
  while (old.left > 0 || young.left > 0) {
    if (old.left > 0 && young.left > 0 && old.equals(young)) {
      old.advance();
      young.advance();
      continue;
    }
    const order = old.compare(young);
    const zone = order <= 0 ? old.zone : young.zone;
    visit(zone, order <= 0 ? old.entry : NO_ENTRY, order >= 0 ? young.entry : NO_ENTRY);
    if (order <= 0) old.advance();
    if (order >= 0) young.advance();
  }
}

/**
 * The numbers of zones whose records differ between two versions of all shards.
 *
 * @param indexes the shards that may differ
 * @param seed as for compareShards()
 */
export function changedZones(
  before: readonly SharedArrayBuffer[],
  after: readonly SharedArrayBuffer[],
  indexes: readonly number[],
  seed: number,
): ReadonlySet<number> {
  const zones = new Set<number>();
  for (const index of indexes) {
    compareShards(new Shard(before[index]), new Shard(after[index]), seed, (zone) => zones.add(zone));
  }
  return zones;
}

/** Walks the entries of a shard, which follow its slots without gaps. */
class Cursor {
  readonly shard: Shard;
  entry: number;
  /** How many entries have not been passed. */
  left: number;
  readonly #seed: number;

  constructor(shard: Shard, seed: number) {
    this.shard = shard;
    this.#seed = seed;
    this.left = shard.words[0];
    this.entry = firstEntry(shard.words);
  }

  get zone(): number {
    return zoneOf(this.shard.words, this.entry);
  }

  advance(): void {
    this.entry += this.shard.words[this.entry + 1];
    this.left--;
  }

  /** Whether both entries are the same, word for word. */
  equals(other: Cursor): boolean {
    const { words } = this.shard;
    const others = other.shard.words;
    const size = words[this.entry + 1];
    for (let i = 0; i < size; i++) if (words[this.entry + i] !== others[other.entry + i]) return false;
    return true;
  }

  /** Below 0 if this entry comes first, above 0 if the other one does, 0 if both are of the same name of the same zone. */
  compare(other: Cursor): number {
    if (this.left === 0) return 1;
    if (other.left === 0) return -1;
    if (this.zone !== other.zone) return this.zone - other.zone;
    const hashes = this.#hash() - other.#hash();
    if (hashes !== 0) return hashes;
    return Buffer.compare(this.#name(), other.#name());
  }

  #hash(): number {
    const { words, octets } = this.shard;
    return hashName(octets, nameAt(words, this.entry), nameLength(words, this.entry), this.#seed);
  }

  #name(): Uint8Array {
    const at = nameAt(this.shard.words, this.entry);
    return this.shard.octets.subarray(at, at + nameLength(this.shard.words, this.entry));
  }
}
