import { SHARDS } from "./layout.js";
import { placementIn, planWhole, type WholePlan } from "./placement.js";
import { ShardCompiler, type ShardContent, type ShardPlan, type ZoneColumns } from "./shard-compiler.js";
import { shardMemory } from "./shard-pool.js";

/** The whole zones, to be compiled shard by shard by any number of threads: plain values and shared memory. */
export interface WholeBuild {
  readonly zones: readonly ZoneColumns[];
  /** By zone. */
  readonly plans: readonly WholePlan[];
  /** One number: how many shards have been taken. */
  readonly taken: Int32Array;
}

/** A compiled shard that has memory of its own. */
export interface CompiledShard {
  readonly index: number;
  readonly memory: SharedArrayBuffer;
  readonly content: ShardContent;
}

/**
 * A second thread that compiles shards of a large whole build. Nothing depends on it: what it does not hand back is compiled
 * without it.
 */
export interface CompileHelper {
  /** Call this some time before `offer`: starting a thread takes time. */
  prepare(): void;
  /** Offers the shards of a build. Without `prepare`, nobody takes them. */
  offer(build: WholeBuild): void;
  /** The shards that it has compiled. It ends after that, whatever it is at. */
  collect(): readonly CompiledShard[];
}

export function wholeBuild(zones: readonly ZoneColumns[], exists: readonly Uint8Array[]): WholeBuild {
  const plans = zones.map(({ records }, zone) => planWhole(records.names, exists[zone]));
  return { zones, plans, taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}

/** Takes one shard after the other that no thread has taken. */
export function* shardsOf({ taken }: WholeBuild): Generator<number> {
  for (let index = Atomics.add(taken, 0, 1); index < SHARDS; index = Atomics.add(taken, 0, 1)) yield index;
}

const NOTHING = new Uint32Array();

export function planOf({ zones, plans }: WholeBuild, shard: number): ShardPlan {
  const placements = plans.map((plan, zone) => placementIn(plan, shard, zones[zone].records.names));
  return { placements, from: NOTHING, names: 0, records: 0 };
}

/** What the helper does: compiles shards as long as there are some that no thread has taken. */
export function* compileTaken(build: WholeBuild): Generator<CompiledShard> {
  const compiler = new ShardCompiler(build.zones);
  for (const index of shardsOf(build)) {
    const { words, content } = compiler.compile(planOf(build, index));
    const memory = shardMemory(words.length);
    new Uint32Array(memory).set(words);
    yield { index, memory, content };
  }
}
