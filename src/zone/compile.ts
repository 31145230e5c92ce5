import { type EntryContext, EntryWriter, tallyOf } from "./entry.js";
import { SHARD_HEADER_WORDS, SHARDS, SLOT_WORDS } from "./layout.js";
import { changedByShard, type Placement, planAgain, planWhole } from "./placement.js";
import { recordOrder } from "./record-order.js";
import type { RecordSet } from "./record-set.js";

/** The least number of slots per name: fewer would make look-ups longer, more would make zones larger. */
const SLOTS_PER_NAME = 4 / 3;

/** One zone to compile: its records, and what all of them have in common. */
export interface ZoneContent {
  /** Name of the primary server (SOA mname, NS). */
  readonly nameServer: string;
  readonly srvWeight: number;
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

/** The content of a shard. */
export interface ShardContent {
  readonly names: number;
  readonly records: number;
  /** By zone. */
  readonly placements: readonly Placement[];
}

export interface CompileOptions {
  /** The current shards. Those that do not change are kept. */
  readonly previous?: readonly SharedArrayBuffer[] | undefined;
  /** The content of the current shards. Pass it only if the zones are the same objects, apart from the names that have changed since. */
  readonly contents?: readonly ShardContent[] | undefined;
  /** Returns memory for at least `words` words. */
  readonly allocate?: (words: number) => SharedArrayBuffer;
}

/**
 * Compiles zones, all with the same seed, to shards. Equal zones and seeds result in equal bytes, in whatever order the
 * records were added, so that comparing shards tells whether a zone has changed. With `contents`, only changed names are written
 * anew; the rest of their shards is copied.
 */
export function compileZones(
  zones: readonly ZoneContent[],
  { previous, contents: last, allocate = allocateNew }: CompileOptions = {},
): CompiledZones {
  const plan = previous && last ? changePlan(zones, previous, last) : wholePlan(zones);
  const compiler = new ShardCompiler(zones);
  const shards: SharedArrayBuffer[] = [];
  const changed: number[] = [];
  const contents: ShardContent[] = [];
  for (let i = 0; i < SHARDS; i++) {
    const before = previous?.[i];
    const planned = plan(i);
    if (!planned) {
      shards.push(before as SharedArrayBuffer);
      contents.push(last?.[i] as ShardContent);
      continue;
    }
    const { words, content } = compiler.compile(planned);
    contents.push(content);
    if (before && sameWords(words, before)) {
      shards.push(before);
      continue;
    }
    const memory = allocate(words.length);
    new Uint32Array(memory).set(words);
    changed.push(i);
    shards.push(memory);
  }
  for (const { records } of zones) records.settle();
  const sum = (count: (content: ShardContent) => number) => contents.reduce((total, each) => total + count(each), 0);
  return { shards, changed, names: sum(({ names }) => names), records: sum(({ records }) => records), contents };
}

/** The planned content of a shard: for each zone, the names to write, and the names to copy from the current shard. */
interface ShardPlan {
  readonly placements: readonly Placement[];
  /** The current shard, and the counts of its names and records that stay. */
  readonly from: Uint32Array;
  readonly names: number;
  readonly records: number;
}

/** Returns `undefined` for a shard that stays as it is. */
type Plan = (shard: number) => ShardPlan | undefined;

function wholePlan(zones: readonly ZoneContent[]): Plan {
  const plans = zones.map(({ records }) => planWhole(records));
  const from = new Uint32Array();
  return (shard) => ({ placements: plans.map((plan) => plan[shard]), from, names: 0, records: 0 });
}

function changePlan(
  zones: readonly ZoneContent[],
  previous: readonly SharedArrayBuffer[],
  last: readonly ShardContent[],
): Plan {
  const changes = zones.map(({ records }) => changedByShard(records));
  return (shard) => {
    if (changes.every((change) => change[shard] === undefined)) return undefined;
    const from = new Uint32Array(previous[shard]);
    let { names, records } = last[shard];
    const placements = zones.map((zone, index) => {
      const placement = last[shard].placements[index];
      placement.names.forEach((name, i) => {
        if (zone.records.isChanged[name] === 0) return;
        const tally = tallyOf(from, placement.entries[i]);
        names -= Number(tally > 0);
        records -= tally;
      });
      return planAgain(placement, changes[index][shard] ?? [], zone.records);
    });
    return { placements, from, names, records };
  };
}

class ShardCompiler {
  readonly #writer = new EntryWriter();
  readonly #contexts: readonly EntryContext[];

  constructor(zones: readonly ZoneContent[]) {
    this.#contexts = zones.map(({ records, nameServer, srvWeight }, zone) => {
      const order = recordOrder(records);
      return { records, nameServer: records.names.intern(nameServer), zone, srvWeight, order };
    });
  }

  /** @returns words that the next call overwrites */
  compile({ placements, from, names, records }: ShardPlan): { words: Uint32Array; content: ShardContent } {
    const writer = this.#writer;
    const count = placements.reduce((sum, placement) => sum + placement.names.length, 0);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, count * SLOTS_PER_NAME)));
    writer.reset(SHARD_HEADER_WORDS + slots * SLOT_WORDS);
    const placed = placements.map(({ names: list, entries }, zone) => ({
      names: list,
      entries: writer.writeAll({ names: list, entries }, from, this.#contexts[zone]),
    }));
    const { words } = writer;
    words[0] = count;
    words[1] = slots - 1;
    words[2] = words.length;
    placed.forEach(({ names: list, entries }, zone) => {
      const { hash } = this.#contexts[zone].records.names;
      for (let i = 0; i < list.length; i++) insert(words, slots - 1, hash[list[i]], entries[i]);
    });
    const content = { names: names + writer.names, records: records + writer.records, placements: placed };
    return { words, content };
  }
}

function insert(table: Uint32Array, mask: number, hash: number, entry: number): void {
  let slot = hash & mask;
  while (table[SHARD_HEADER_WORDS + slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & mask;
  table[SHARD_HEADER_WORDS + slot * SLOT_WORDS] = hash;
  table[SHARD_HEADER_WORDS + slot * SLOT_WORDS + 1] = entry;
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
