import { TYPE } from "../dns/protocol.js";
import type { Address } from "../records/addresses.js";
import { type Entry, EntryWriter, type Rdata, type Rrset } from "./entry.js";
import { NS_TARGET, SHARD_HEADER_WORDS, SHARDS, SLOT_WORDS, SRV_TARGET, shardOf } from "./layout.js";
import { encodeName, hashName } from "./names.js";
import type { NameRecords, RecordSet, Service } from "./record-set.js";

/** One zone to compile: its records, and what every record of it has in common. */
export interface ZoneContent {
  /** Dotted, lower case, no final dot. */
  readonly apex: string;
  /** Name of the primary server (SOA mname, NS). */
  readonly nameServer: string;
  readonly ttl: number;
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
}

/**
 * Compiles zones to shards. The same zones and seed give the same octets, in whatever order the records came, so that
 * comparing shards tells whether a zone changed.
 */
export function compileZones(
  zones: readonly ZoneContent[],
  seed: number,
  previous?: readonly SharedArrayBuffer[],
): CompiledZones {
  const buckets = distribute(zones, seed);
  const writer = new EntryWriter();
  const shards: SharedArrayBuffer[] = [];
  const changed: number[] = [];
  const counts = { names: 0, records: 0 };
  for (let i = 0; i < SHARDS; i++) {
    const shard = compileShard(buckets[i], zones, seed, writer, counts);
    buckets[i] = [];
    const before = previous?.[i];
    if (before && sameOctets(shard, before)) shards.push(before);
    else {
      changed.push(i);
      shards.push(share(shard));
    }
  }
  return { shards, changed, ...counts };
}

/** A name on its way into a shard. */
interface Placed {
  readonly hash: number;
  readonly name: Uint8Array;
  readonly zone: number;
  readonly apex: boolean;
  readonly records: NameRecords;
}

function distribute(zones: readonly ZoneContent[], seed: number): Placed[][] {
  const buckets: Placed[][] = Array.from({ length: SHARDS }, () => []);
  zones.forEach((zone, index) => {
    for (const [dotted, records] of zone.records.names) {
      const name = encodeName(dotted);
      const hash = hashName(name, 0, name.length, seed);
      buckets[shardOf(hash)].push({ hash, name, zone: index, apex: dotted === zone.apex, records });
    }
  });
  return buckets;
}

function compileShard(
  bucket: Placed[],
  zones: readonly ZoneContent[],
  seed: number,
  writer: EntryWriter,
  counts: { names: number; records: number },
): Uint32Array {
  bucket.sort((a, b) => a.hash - b.hash || Buffer.compare(a.name, b.name));
  const slots = 2 ** Math.ceil(Math.log2(Math.max(1, bucket.length * 2)));
  const firstEntry = SHARD_HEADER_WORDS + slots * SLOT_WORDS;
  const table = new Uint32Array(firstEntry);
  table[0] = bucket.length;
  table[1] = slots - 1;
  writer.reset();
  for (const placed of bucket) {
    const zone = zones[placed.zone];
    const entry = toEntry(placed, zone, seed);
    insert(table, slots - 1, placed.hash, firstEntry + writer.write(entry, zone.ttl));
    if (entry.rrsets.length > 0) counts.names++;
    for (const rrset of entry.rrsets) counts.records += rrset.rdata.length;
  }
  const shard = new Uint32Array(firstEntry + writer.length);
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

function toEntry(placed: Placed, zone: ZoneContent, seed: number): Entry {
  const { a, aaaa, srv } = placed.records;
  const rrsets: Rrset[] = [];
  if (a) rrsets.push(addressSet(TYPE.A, a));
  if (placed.apex) rrsets.push(nameServerSet(zone.nameServer, seed));
  if (aaaa) rrsets.push(addressSet(TYPE.AAAA, aaaa));
  if (srv) rrsets.push(serviceSet(srv, zone.srvWeight, seed));
  return { name: placed.name, zone: placed.zone, apex: placed.apex, rrsets };
}

function addressSet(type: number, addresses: readonly Address[]): Rrset {
  return { type, targetAt: 0, rdata: sortedUnique(addresses, (address) => address.octets) };
}

function nameServerSet(nameServer: string, seed: number): Rrset {
  const octets = encodeName(nameServer);
  return {
    type: TYPE.NS,
    targetAt: NS_TARGET,
    rdata: [{ octets, targetHash: hashName(octets, 0, octets.length, seed) }],
  };
}

/** SRV RDATA (RFC 2782), sorted by target so that the ports of one target stand together, and then by port. */
function serviceSet(services: readonly Service[], weight: number, seed: number): Rrset {
  const targets = new Map<string, { wire: Uint8Array; hash: number }>();
  const ordered = services.length === 1 ? services : [...services].sort(byTargetAndPort);
  const rdata: Rdata[] = [];
  let before: Service | undefined;
  for (const service of ordered) {
    if (before && byTargetAndPort(before, service) === 0) continue;
    before = service;
    let target = targets.get(service.target);
    if (!target) {
      const wire = encodeName(service.target);
      target = { wire, hash: hashName(wire, 0, wire.length, seed) };
      targets.set(service.target, target);
    }
    rdata.push({ octets: serviceRdata(weight, service.port, target.wire), targetHash: target.hash });
  }
  return { type: TYPE.SRV, targetAt: SRV_TARGET, rdata };
}

function serviceRdata(weight: number, port: number, target: Uint8Array): Uint8Array {
  const rdata = new Uint8Array(6 + target.length);
  const view = new DataView(rdata.buffer);
  view.setUint16(2, weight);
  view.setUint16(4, port);
  rdata.set(target, 6);
  return rdata;
}

function byTargetAndPort(a: Service, b: Service): number {
  if (a.target !== b.target) return a.target < b.target ? -1 : 1;
  return a.port - b.port;
}

function sortedUnique<T>(items: readonly T[], octetsOf: (item: T) => Uint8Array): Rdata[] {
  if (items.length === 1) return [{ octets: octetsOf(items[0]) }];
  const sorted = items.map(octetsOf).sort(Buffer.compare);
  return sorted
    .filter((octets, i) => i === 0 || Buffer.compare(octets, sorted[i - 1]) !== 0)
    .map((octets) => ({ octets }));
}

function sameOctets(shard: Uint32Array, before: SharedArrayBuffer): boolean {
  if (shard.byteLength !== before.byteLength) return false;
  return Buffer.compare(new Uint8Array(shard.buffer), new Uint8Array(before)) === 0;
}

function share(shard: Uint32Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(shard.byteLength);
  new Uint32Array(shared).set(shard);
  return shared;
}
