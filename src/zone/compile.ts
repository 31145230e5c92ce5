import { type EntryContext, EntryWriter } from "./entry.js";
import { SHARD_HEADER_WORDS, SHARDS, SLOT_WORDS, shardOf } from "./layout.js";
import type { RecordSet } from "./record-set.js";

/** One zone to compile: its records, and what every record of it has in common. */
export interface ZoneContent {
  /** Name of the primary server (SOA mname, NS). */
  readonly nameServer: string;
  readonly srvWeight: number;
  readonly records: RecordSet;
}

export interface CompiledZones {
  /** All shards, by index. A shard whose octets did not change is the very buffer that was passed in. */
  readonly shards: readonly SharedArrayBuffer[];
  /** Indices of the shards that differ from the previous ones. */
  readonly changed: readonly number[];
  /** Names that own records; empty non-terminals are not counted. */
  readonly names: number;
  readonly records: number;
  /** The same by shard. */
  readonly tallies: Tallies;
}

/** Names with records, and records, by shard. */
export interface Tallies {
  readonly names: Uint32Array;
  readonly records: Uint32Array;
}

export interface CompileOptions {
  /** The shards as they are now, to keep those that do not change. */
  readonly previous?: readonly SharedArrayBuffer[] | undefined;
  /** What the last compilation counted, where the zones are those of then but for the shards they have touched since. */
  readonly tallies?: Tallies | undefined;
  /** Memory for at least so many words. */
  readonly allocate?: (words: number) => SharedArrayBuffer;
}

/**
 * Compiles zones, all of one seed, to shards. The same zones and seed give the same octets, in whatever order the
 * records came, so that comparing shards tells whether a zone changed.
 */
export function compileZones(
  zones: readonly ZoneContent[],
  { previous, tallies: last, allocate = allocateNew }: CompileOptions = {},
): CompiledZones {
  const isMeant = (shard: number) => !previous || !last || zones.some(({ records }) => records.touched[shard] === 1);
  const parts = zones.map((zone, index) => new ZonePart(zone, index, isMeant));
  const writer = new EntryWriter();
  const shards: SharedArrayBuffer[] = [];
  const changed: number[] = [];
  const tallies = { names: copyOf(last?.names), records: copyOf(last?.records) };
  for (let i = 0; i < SHARDS; i++) {
    const before = previous?.[i];
    if (before && !isMeant(i)) {
      shards.push(before);
      continue;
    }
    const shard = compileShard(i, parts, writer);
    tallies.names[i] = writer.names;
    tallies.records[i] = writer.records;
    if (before && sameWords(shard, before)) {
      shards.push(before);
      continue;
    }
    const memory = allocate(shard.length);
    new Uint32Array(memory).set(shard);
    changed.push(i);
    shards.push(memory);
  }
  for (const { records } of zones) records.touched.fill(0);
  const sum = (counts: Uint32Array) => counts.reduce((total, count) => total + count, 0);
  return { shards, changed, names: sum(tallies.names), records: sum(tallies.records), tallies };
}

/** A zone's names sorted into the shards that are meant, and within a shard by hash and then by octets. */
class ZonePart {
  readonly context: EntryContext;
  readonly #order: Uint32Array;
  readonly #starts: Uint32Array;

  constructor({ records, nameServer, srvWeight }: ZoneContent, zone: number, isMeant: (shard: number) => boolean) {
    const { names, exists } = records;
    const wanted = Uint8Array.from({ length: SHARDS }, (_, shard) => Number(isMeant(shard)));
    const counts = (name: number) => exists[name] === 1 && wanted[shardOf(names.hash[name])] === 1;
    this.context = { records, nameServer: names.intern(nameServer), zone, srvWeight };
    this.#starts = new Uint32Array(SHARDS + 1);
    for (let name = 0; name < names.count; name++) {
      if (counts(name)) this.#starts[shardOf(names.hash[name]) + 1]++;
    }
    for (let i = 0; i < SHARDS; i++) this.#starts[i + 1] += this.#starts[i];
    const next = this.#starts.slice();
    this.#order = new Uint32Array(this.#starts[SHARDS]);
    for (let name = 0; name < names.count; name++) {
      if (counts(name)) this.#order[next[shardOf(names.hash[name])]++] = name;
    }
  }

  /** The names of one shard, in order. */
  namesOf(shard: number): Uint32Array {
    const { names } = this.context.records;
    const list = this.#order.subarray(this.#starts[shard], this.#starts[shard + 1]);
    return list.sort((a, b) => names.hash[a] - names.hash[b] || names.compare(a, b));
  }
}

function copyOf(counts: Uint32Array | undefined): Uint32Array {
  return counts ? counts.slice() : new Uint32Array(SHARDS);
}

function compileShard(index: number, parts: readonly ZonePart[], writer: EntryWriter): Uint32Array {
  const lists = parts.map((part) => part.namesOf(index));
  const count = lists.reduce((sum, list) => sum + list.length, 0);
  const slots = 2 ** Math.ceil(Math.log2(Math.max(1, count * 2)));
  const firstEntry = SHARD_HEADER_WORDS + slots * SLOT_WORDS;
  const table = new Uint32Array(firstEntry);
  table[0] = count;
  table[1] = slots - 1;
  writer.reset();
  parts.forEach(({ context }, i) => {
    for (const name of lists[i]) {
      insert(table, slots - 1, context.records.names.hash[name], firstEntry + writer.write(name, context));
    }
  });
  table[2] = firstEntry + writer.length;
  const shard = new Uint32Array(table[2]);
  shard.set(table);
  shard.set(writer.words, firstEntry);
  return shard;
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
  return Buffer.compare(new Uint8Array(shard.buffer), new Uint8Array(before, 0, shard.byteLength)) === 0;
}

function allocateNew(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(words * Uint32Array.BYTES_PER_ELEMENT);
}
