import { columnsOf, compareNames } from "./columns.js";
import { SHARDS } from "./layout.js";
import { changedByShard, planAgain } from "./placement.js";
import type { RecordSet } from "./record-set.js";
import { ShardCompiler, type ShardContent, type ShardPlan, type ZoneColumns } from "./shard-compiler.js";
import { tallyOf } from "./snapshot.js";
import { type CompiledShard, type CompileHelper, planOf, shardsOf, wholeBuild } from "./whole-build.js";

/** One zone to compile: its records, and what all of them have in common. */
export interface ZoneContent {
  /** Names of its servers (NS): at least one, without duplicates. */
  readonly nameServers: readonly string[];
  readonly srvPrefix: number;
  readonly records: RecordSet;
}

export interface CompiledZones {
  /** All shards, by index. A shard with unchanged content is the very buffer that was passed in. */
  readonly shards: readonly SharedArrayBuffer[];
  /** Indices of the shards that differ from the previous ones. */
  readonly changed: readonly number[];
  /** Names that own records; empty non-terminals are not counted. */
  readonly names: number;
  readonly records: number;
  /** The content of each shard, to pass to the next compilation. */
  readonly contents: readonly ShardContent[];
}

export interface CompileOptions {
  /** The current shards. Those that do not change are kept. */
  readonly previous?: readonly SharedArrayBuffer[] | undefined;
  /** The content of the current shards. Pass it only if the zones are the same objects, apart from the names that have changed since. */
  readonly contents?: readonly ShardContent[] | undefined;
  /** Returns memory for at least `words` words. */
  readonly allocate?: (words: number) => SharedArrayBuffer;
  /** Compiles some of the shards if there are no previous ones. */
  readonly helper?: CompileHelper | undefined;
}

/**
 * Compiles zones, all with the same seed, to shards. Equal zones and seeds result in equal bytes, in whatever order the
 * records were added and whichever thread compiles them, so that comparing shards tells whether a zone has changed. With
 * `contents`, only changed names are written anew; the rest of their shards is copied.
 */
export function compileZones(
  zones: readonly ZoneContent[],
  { previous, contents, allocate = allocateNew, helper }: CompileOptions = {},
): CompiledZones {
  const own = new OwnShards(zones.map(columnsIn), previous, allocate);
  const compiled =
    previous && contents
      ? compileChanges(zones, previous, contents, own)
      : compileWhole(zones, own, previous ? undefined : helper);
  for (const { records } of zones) records.settle();
  const sum = (count: (content: ShardContent) => number) =>
    compiled.reduce((total, { content }) => total + count(content), 0);
  return {
    shards: compiled.map(({ memory }) => memory),
    changed: compiled.filter(({ index, memory }) => memory !== previous?.[index]).map(({ index }) => index),
    names: sum(({ names }) => names),
    records: sum(({ records }) => records),
    contents: compiled.map(({ content }) => content),
  };
}

function columnsIn({ records, nameServers, srvPrefix }: ZoneContent): ZoneColumns {
  // This may add names, for which the columns have to grow.
  const numbers = nameServers.map((name) => records.names.intern(name));
  const columns = columnsOf(records);
  return { records: columns, nameServers: numbers.sort((a, b) => compareNames(columns.names, a, b)), srvPrefix };
}

/** Compiles shards in this thread, and keeps the previous memory of those that stay the same. */
class OwnShards {
  readonly zones: readonly ZoneColumns[];
  readonly #compiler: ShardCompiler;
  readonly #previous: readonly SharedArrayBuffer[] | undefined;
  readonly #allocate: (words: number) => SharedArrayBuffer;

  constructor(
    zones: readonly ZoneColumns[],
    previous: readonly SharedArrayBuffer[] | undefined,
    allocate: (words: number) => SharedArrayBuffer,
  ) {
    this.zones = zones;
    this.#compiler = new ShardCompiler(zones);
    this.#previous = previous;
    this.#allocate = allocate;
  }

  compile(index: number, plan: ShardPlan): CompiledShard {
    const { words, content } = this.#compiler.compile(plan);
    const before = this.#previous?.[index];
    if (before && sameWords(words, before)) return { index, memory: before, content };
    const memory = this.#allocate(words.length);
    new Uint32Array(memory).set(words);
    return { index, memory, content };
  }
}

function compileWhole(
  zones: readonly ZoneContent[],
  own: OwnShards,
  helper: CompileHelper | undefined,
): readonly CompiledShard[] {
  const exists = zones.map(({ records }) => records.exists.subarray(0, records.names.count));
  const build = wholeBuild(own.zones, exists);
  helper?.offer(build);
  const compiled = new Array<CompiledShard | undefined>(SHARDS).fill(undefined);
  for (const index of shardsOf(build)) compiled[index] = own.compile(index, planOf(build, index));
  for (const shard of helper?.collect() ?? []) compiled[shard.index] = shard;
  return compiled.map((shard, index) => shard ?? own.compile(index, planOf(build, index)));
}

function compileChanges(
  zones: readonly ZoneContent[],
  previous: readonly SharedArrayBuffer[],
  last: readonly ShardContent[],
  own: OwnShards,
): readonly CompiledShard[] {
  const changes = zones.map(({ records }) => changedByShard(records));
  return last.map((content, index) => {
    if (changes.every((change) => change[index] === undefined)) return { index, memory: previous[index], content };
    const from = new Uint32Array(previous[index]);
    let { names, records } = content;
    const placements = zones.map((zone, number) => {
      const placement = content.placements[number];
      placement.names.forEach((name, i) => {
        if (zone.records.isChanged[name] === 0) return;
        const tally = tallyOf(from, placement.entries[i]);
        names -= Number(tally > 0);
        records -= tally;
      });
      return planAgain(placement, changes[number][index] ?? [], zone.records);
    });
    return own.compile(index, { placements, from, names, records });
  });
}

function sameWords(shard: Uint32Array, before: SharedArrayBuffer): boolean {
  const words = new Uint32Array(before);
  if (words[2] !== shard.length) return false;
  const octets = new Uint8Array(shard.buffer, shard.byteOffset, shard.byteLength);
  return Buffer.compare(octets, new Uint8Array(before, 0, shard.byteLength)) === 0;
}

function allocateNew(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(words * Uint32Array.BYTES_PER_ELEMENT);
}
