import type { RecordColumns } from "./columns.js";
import { type EntryContext, EntryWriter } from "./entry.js";
import { SHARD_HEADER_WORDS, SLOT_WORDS } from "./layout.js";
import type { Placement } from "./placement.js";
import { recordOrder } from "./record-order.js";

/** The least number of slots per name: fewer would make look-ups longer, more would make zones larger. */
const SLOTS_PER_NAME = 4 / 3;

/** One zone to compile, in plain values and shared memory. */
export interface ZoneColumns {
  readonly records: RecordColumns;
  /** The numbers of the servers' names among the zone's names, in the order of their octets. */
  readonly nameServers: readonly number[];
  readonly srvPrefix: number;
}

/** The content of a shard. */
export interface ShardContent {
  readonly names: number;
  readonly records: number;
  /** By zone. */
  readonly placements: readonly Placement[];
}

/** The planned content of a shard: for each zone, the names to write, and the names to copy from the current shard. */
export interface ShardPlan {
  readonly placements: readonly Placement[];
  /** The current shard, and the counts of its names and records that stay. */
  readonly from: Uint32Array;
  readonly names: number;
  readonly records: number;
}

/** Compiles shards one after the other. */
export class ShardCompiler {
  readonly #writer = new EntryWriter();
  readonly #contexts: readonly EntryContext[];

  constructor(zones: readonly ZoneColumns[]) {
    this.#contexts = zones.map((each, zone) => ({ ...each, zone, order: recordOrder(each.records) }));
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
