import { formatOctets } from "../base/addresses.js";
import { decodeName, encodeName, hashName, isDnsName, nameWords } from "../wire/names.js";
import { readUint16 } from "../wire/octets.js";
import { nameIn } from "../wire/prepared.js";
import { TYPE } from "../wire/protocol.js";
import { NAME_SHIFT, NAME_SIZE_MASK, TARGET_WORDS, TARGETS_FLAG, TARGETS_HEADER_WORDS } from "./layout.js";
import { rdataAt, rdlengthOf, ttlOf } from "./prepared-sets.js";
import { rdataText } from "./rdata-text.js";
import {
  entryWord,
  firstEntry,
  isApex,
  isPrepared,
  nameAt,
  nameLength,
  ownOctets,
  rrsetCount,
  rrsetWord,
  type Shard,
  type Snapshot,
  targetTable,
  zoneOf,
} from "./snapshot.js";

/** Reads records out of a snapshot: for HTTP, and for everything else that needs more than a DNS answer. */

/** An SRV record; `target` is dotted, with the final dot. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

const TYPE_MASK = 0xffff;
/** Octets of an SRV record's RDATA in front of its port. */
const PORT_IN_RDATA = 4;

/**
 * An RRset in place in a snapshot. It decodes only what the caller asks for, so that walking through a large zone allocates one
 * small object per RRset. Valid for as long as the snapshot is.
 */
export class StoredSet {
  readonly #shard: Shard;
  readonly #entry: number;
  readonly #descriptor: number;

  /** @param index of the set in the entry */
  constructor(shard: Shard, entry: number, index: number) {
    this.#shard = shard;
    this.#entry = entry;
    this.#descriptor = rrsetWord(entry, index);
  }

  /** Dotted, with the final dot. */
  get name(): string {
    return decodeName(this.#shard.octets, nameAt(this.#shard.words, this.#entry));
  }

  /** The name in wire form. Shares the snapshot's memory. */
  get wireName(): Uint8Array {
    const at = nameAt(this.#shard.words, this.#entry);
    return this.#shard.octets.subarray(at, at + nameLength(this.#shard.words, this.#entry));
  }

  /** Index in the snapshot's zones. */
  get zone(): number {
    return zoneOf(this.#shard.words, this.#entry);
  }

  get type(): number {
    return typeOf(this.#shard.words, this.#descriptor);
  }

  /** Whether it is an RRset of a zone's apex. */
  get isOfApex(): boolean {
    return isApex(this.#shard.words, this.#entry);
  }

  /** Its TTL in seconds. @param ofZone that of the zone */
  ttl(ofZone: number): number {
    return ttlOf(this.#shard.words, this.#entry, this.#descriptor, ofZone);
  }

  /** Whether the operator has written it. Then `rdata` has its records, whatever their type. */
  get isPrepared(): boolean {
    return isPrepared(this.#shard.words[this.#descriptor]);
  }

  /** The data of a record of a prepared set, as in a master file. */
  rdata(record: number): string {
    const at = this.#own(record);
    const size = rdlengthOf(this.#shard.words, this.#data(), record);
    return rdataText(this.type, this.#shard.octets.subarray(at, at + size));
  }

  /** The number of records. The other methods count them from 0. */
  get size(): number {
    return this.#shard.words[this.#descriptor + 1];
  }

  /** The address of an A or AAAA record: dotted quad, or in the form of RFC 5952. */
  address(record: number): string {
    const at = this.#own(record);
    const { octets } = this.#shard;
    if (this.type === TYPE.A) return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`;
    return formatOctets(octets.subarray(at, at + 16));
  }

  /** The text of a TXT record. */
  text(record: number): string {
    const at = this.#own(record);
    return Buffer.from(this.#shard.octets.subarray(at + 1, at + this.#ownSize())).toString("latin1");
  }

  /** An SRV record (RFC 2782). */
  service(record: number): ServiceRecord {
    const { words, octets } = this.#shard;
    const at = this.#own(record);
    const prefix = words[this.#data() + 1];
    const priority = this.isPrepared ? readUint16(octets, at) : prefix >>> 16;
    const weight = this.isPrepared ? readUint16(octets, at + 2) : prefix & 0xffff;
    return { priority, weight, port: this.port(record), target: this.target(record) };
  }

  /** An SRV record's port. */
  port(record: number): number {
    return readUint16(this.#shard.octets, this.#own(record) + (this.isPrepared ? PORT_IN_RDATA : 0));
  }

  /** The name that an SRV, NS or PTR record points to, dotted, with the final dot. */
  target(record: number): string {
    return decodeName(this.#shard.octets, this.#targetAt(record));
  }

  /** The same in wire form. Shares the snapshot's memory. */
  wireTarget(record: number): Uint8Array {
    const { words, octets } = this.#shard;
    const at = this.#targetAt(record);
    const size = this.isPrepared
      ? rdlengthOf(words, this.#data(), record) - nameIn(this.type)
      : words[this.#targetWord(record) + 1] & NAME_SIZE_MASK;
    return octets.subarray(at, at + size);
  }

  /** Whether an SRV, NS or PTR record points to this wire name. @param hash its `hashName` with the snapshot's seed */
  pointsTo(record: number, wireName: Uint8Array, hash: number): boolean {
    const { words, octets } = this.#shard;
    if (!this.isPrepared && words[this.#targetWord(record)] !== hash) return false;
    const at = this.#targetAt(record);
    return wireName.every((octet, i) => octets[at + i] === octet);
  }

  #data(): number {
    return this.#entry + this.#shard.words[this.#descriptor + 2];
  }

  /** How many octets of own RDATA each record has. */
  #ownSize(): number {
    return ownOctets(this.#shard.words[this.#descriptor]);
  }

  /** The octet at which a record's own RDATA starts. */
  #own(record: number): number {
    if (this.isPrepared) return rdataAt(this.#shard.words, this.#data(), record);
    const hasTargets = (this.#shard.words[this.#descriptor] & TARGETS_FLAG) !== 0;
    const ahead = hasTargets ? TARGETS_HEADER_WORDS + this.size : 0;
    return (this.#data() + ahead) * 4 + record * this.#ownSize();
  }

  /** The word with the hash of a record's target. The next word is the position of the target's name. */
  #targetWord(record: number): number {
    const { words } = this.#shard;
    const data = this.#data();
    return targetTable(words, this.#descriptor, data) + words[data + TARGETS_HEADER_WORDS + record] * TARGET_WORDS;
  }

  #targetAt(record: number): number {
    if (this.isPrepared) return this.#own(record) + nameIn(this.type);
    return (this.#entry + (this.#shard.words[this.#targetWord(record) + 1] >>> NAME_SHIFT)) * 4;
  }
}

/** Walks the RRsets of a snapshot in no particular order; only those of `type` and `zone`, if given. */
export function* recordsOf(snapshot: Snapshot, type?: number, zone?: number): Generator<StoredSet> {
  for (const shard of snapshot.shards) {
    const { words } = shard;
    let next = firstEntry(words);
    for (let names = words[0]; names > 0; names--) {
      const entry = next;
      next += words[entry + 1];
      if (zone !== undefined && zoneOf(words, entry) !== zone) continue;
      const sets = rrsetCount(words, entry);
      for (let i = 0; i < sets; i++) {
        if (type === undefined || typeOf(words, rrsetWord(entry, i)) === type) yield new StoredSet(shard, entry, i);
      }
    }
  }
}

/** The addresses of a name, IPv4 before IPv6. Ignores case and a final dot. */
export function addressesOf(snapshot: Snapshot, name: string): string[] {
  const addresses: string[] = [];
  for (const set of setsOf(snapshot, name)) {
    if (set.type !== TYPE.A && set.type !== TYPE.AAAA) continue;
    for (let i = 0; i < set.size; i++) addresses.push(set.address(i));
  }
  return addresses;
}

/** The SRV records of a name. Ignores case and a final dot. */
export function servicesOf(snapshot: Snapshot, name: string): ServiceRecord[] {
  const services: ServiceRecord[] = [];
  for (const set of setsOf(snapshot, name)) {
    if (set.type !== TYPE.SRV) continue;
    for (let i = 0; i < set.size; i++) services.push(set.service(i));
  }
  return services;
}

/** The SRV records that point to a host, with their owner names. Examines every SRV record of the snapshot. */
export function servicesTargeting(snapshot: Snapshot, host: string): { service: string; port: number }[] {
  const wire = toWire(host);
  if (!wire) return [];
  const hash = hashName(wire, 0, wire.length, snapshot.seed);
  const services: { service: string; port: number }[] = [];
  for (const set of recordsOf(snapshot, TYPE.SRV)) {
    for (let i = 0; i < set.size; i++) {
      if (set.pointsTo(i, wire, hash)) services.push({ service: set.name, port: set.port(i) });
    }
  }
  return services;
}

/** The RRsets of a name; none for a name without any. Ignores case and a final dot. */
export function setsOf(snapshot: Snapshot, name: string): StoredSet[] {
  const wire = toWire(name);
  if (!wire) return [];
  const found = snapshot.find(nameWords(wire), 0, wire.length, hashName(wire, 0, wire.length, snapshot.seed));
  if (found === 0) return [];
  const shard = snapshot.shardAt(found);
  const entry = entryWord(found);
  return Array.from({ length: rrsetCount(shard.words, entry) }, (_, i) => new StoredSet(shard, entry, i));
}

function typeOf(words: Uint32Array, descriptor: number): number {
  return words[descriptor] & TYPE_MASK;
}

/** The wire form of a name as typed by a person; `undefined` for a text that cannot be the name of a zone's record. */
function toWire(name: string): Uint8Array | undefined {
  const dotted = (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
  return isDnsName(dotted) ? encodeName(dotted) : undefined;
}
