import { toWords } from "../wire/names.js";
import { type Apex, ApexRecords } from "./apex.js";
import {
  APEX_FLAG,
  ENTRY_HEADER_WORDS,
  ENTRY_MASK,
  ENTRY_SHIFT,
  OWN_MASK,
  OWN_SHIFT,
  PREPARED_FLAG,
  RRSET_WORDS,
  RRSETS_SHIFT,
  SHARD_HEADER_WORDS,
  SHARDS,
  SLOT_WORDS,
  shardOf,
  TARGETS_HEADER_WORDS,
  ZONE_SHIFT,
} from "./layout.js";

/** Sent between threads when a zone changes: plain values and shared memory, so that little is copied. */
export interface SnapshotUpdate {
  readonly generation: number;
  readonly seed: number;
  readonly apexes: readonly Apex[];
  /** Whether the records come from a master's state. If not, queries for the zones are answered with SERVFAIL (EDE 14). */
  readonly ready: boolean;
  /** Index and memory of each shard that differs from the previous generation. */
  readonly shards: readonly (readonly [index: number, memory: SharedArrayBuffer])[];
}

/** One shard's memory, as words and as octets. */
export class Shard {
  readonly words: Uint32Array;
  readonly octets: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Uint32Array(memory);
    this.octets = new Uint8Array(memory);
  }
}

const EMPTY_SHARD = new Shard(new SharedArrayBuffer((SHARD_HEADER_WORDS + SLOT_WORDS) * 4));

/** All zones for which the server is authoritative, as one thread sees them. Immutable: a new one replaces it as a whole. */
export class Snapshot {
  readonly generation: number;
  readonly seed: number;
  readonly ready: boolean;
  readonly zones: readonly ApexRecords[];
  readonly shards: readonly Shard[];

  private constructor(update: SnapshotUpdate, shards: readonly Shard[]) {
    this.generation = update.generation;
    this.seed = update.seed;
    this.ready = update.ready;
    this.zones = update.apexes.map((apex) => new ApexRecords(apex));
    this.shards = shards;
  }

  /** That of the first zone. */
  get serial(): number {
    return this.zones[0].apex.soa.serial;
  }

  /** This snapshot as an update with all its shards. */
  get whole(): SnapshotUpdate {
    const { generation, seed, ready } = this;
    const apexes = this.zones.map(({ apex }) => apex);
    const shards = this.shards.map(({ words }, index) => [index, words.buffer as SharedArrayBuffer] as const);
    return { generation, seed, ready, apexes, shards };
  }

  /** The zone with this apex; `undefined` if there is none. One of single names has no apex. */
  zoneCalled(name: string): ApexRecords | undefined {
    return this.zones.find(({ apex }) => apex.zone === name && !apex.scattered);
  }

  /** Index of the zone with this apex, or -1. */
  indexOf(zone: string): number {
    return this.zones.findIndex(({ apex }) => apex.zone === zone);
  }

  /** The snapshot before the first state: zones without records. */
  static empty(apexes: readonly Apex[]): Snapshot {
    const shards = new Array<Shard>(SHARDS).fill(EMPTY_SHARD);
    return new Snapshot({ generation: 0, seed: 0, apexes, ready: false, shards: [] }, shards);
  }

  /** The next snapshot: the shards of the update, and for the rest those of this snapshot. */
  with(update: SnapshotUpdate): Snapshot {
    const shards = [...this.shards];
    for (const [index, memory] of update.shards) shards[index] = new Shard(memory);
    return new Snapshot(update, shards);
  }

  /**
   * The position of the entry of a lower-case wire name, or 0 if there is none.
   *
   * @param name contains the name from word `at` on, padded with zeros to a word
   * @param length of the name, in octets
   * @param hash `hashName` of the name with this snapshot's seed, signed or unsigned
   */
  find(name: Uint32Array, at: number, length: number, hash: number): number {
    const signed = hash | 0;
    const index = shardOf(hash);
    const shard = this.shards[index];
    const words = shard.words;
    const mask = words[1];
    let slot = hash & mask;
    for (;;) {
      const slotAt = SHARD_HEADER_WORDS + slot * SLOT_WORDS;
      const entry = words[slotAt + 1];
      if (entry === 0) return 0;
      if ((words[slotAt] | 0) === signed && sameName(words, entry, name, at, length))
        return (index << ENTRY_SHIFT) | entry;
      slot = (slot + 1) & mask;
    }
  }

  /** The zone that an entry belongs to. */
  zoneAt(shard: Shard, entry: number): ApexRecords {
    return this.zones[zoneOf(shard.words, entry)];
  }

  shardAt(entry: number): Shard {
    return this.shards[entry >>> ENTRY_SHIFT];
  }
}

/** The word of a shard's first entry. The others follow without gaps. */
export function firstEntry(words: Uint32Array): number {
  return SHARD_HEADER_WORDS + (words[1] + 1) * SLOT_WORDS;
}

export function entryWord(entry: number): number {
  return entry & ENTRY_MASK;
}

export function nameLength(words: Uint32Array, entry: number): number {
  return words[entry] & 0xff;
}

export function rrsetCount(words: Uint32Array, entry: number): number {
  return (words[entry] >>> RRSETS_SHIFT) & 0xff;
}

/** Index of the entry's zone. */
export function zoneOf(words: Uint32Array, entry: number): number {
  return (words[entry] >>> ZONE_SHIFT) & 0xff;
}

export function isApex(words: Uint32Array, entry: number): boolean {
  return (words[entry] & APEX_FLAG) !== 0;
}

/** The octet at which the entry's name starts. */
export function nameAt(words: Uint32Array, entry: number): number {
  return (entry + ENTRY_HEADER_WORDS + rrsetCount(words, entry) * RRSET_WORDS) * 4;
}

/** The word of the i-th RRset's descriptor. */
export function rrsetWord(entry: number, i: number): number {
  return entry + ENTRY_HEADER_WORDS + i * RRSET_WORDS;
}

/** Octets of RDATA that each record of an RRset has of its own, besides priority, weight and target. */
export function ownOctets(descriptor: number): number {
  return (descriptor >>> OWN_SHIFT) & OWN_MASK;
}

/** Word index of the table with the hashes and positions of an RRset's targets. */
export function targetTable(words: Uint32Array, rrset: number, data: number): number {
  const count = words[rrset + 1];
  return data + TARGETS_HEADER_WORDS + count + toWords(count * ownOctets(words[rrset]));
}

/** Whether a set is a prepared one, from its descriptor. */
export function isPrepared(descriptor: number): boolean {
  return (descriptor & PREPARED_FLAG) !== 0;
}

/** The number of records in an entry. */
export function tallyOf(words: Uint32Array, entry: number): number {
  const end = rrsetWord(entry, rrsetCount(words, entry));
  let records = 0;
  for (let set = rrsetWord(entry, 0); set < end; set += RRSET_WORDS) records += words[set + 1];
  return records;
}

function sameName(words: Uint32Array, entry: number, name: Uint32Array, at: number, length: number): boolean {
  if (nameLength(words, entry) !== length) return false;
  const own = nameAt(words, entry) >>> 2;
  for (let i = (length - 1) >>> 2; i >= 0; i--) if (words[own + i] !== name[at + i]) return false;
  return true;
}
