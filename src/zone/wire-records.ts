import { MAX_NAME } from "../wire/names.js";
import { writeUint16, writeUint32 } from "../wire/octets.js";
import { MAX_RDATA } from "../wire/prepared.js";
import { CLASS, RECORD_FIXED, TYPE } from "../wire/protocol.js";
import { NAME_SHIFT, NAME_SIZE_MASK, TARGET_WORDS, TARGETS_FLAG, TARGETS_HEADER_WORDS } from "./layout.js";
import { rdataAt, rdlengthOf, ttlOf } from "./prepared-sets.js";
import {
  isPrepared,
  nameAt,
  nameLength,
  ownOctets,
  rrsetCount,
  rrsetWord,
  type Shard,
  targetTable,
} from "./snapshot.js";

/** Most octets of a record that a zone can have. */
const MAX_RECORD = MAX_NAME + RECORD_FIXED + MAX_RDATA;

/** A record of a zone in wire form, without compression: owner, type, class, TTL, RDLENGTH, RDATA (RFC 1035 §3.2.1). */
export class WireRecord {
  readonly octets = new Uint8Array(MAX_RECORD);
  /** Octets of the record. */
  length = 0;
  /** The entry whose name stands in front already, and its octets: records of one name follow each other. */
  #shard: Shard | undefined;
  #entry = 0;
  #nameSize = 0;

  /** Reads record number `index` of the RRset at word `rrset` of an entry. @param ttl that of the zone */
  read(shard: Shard, entry: number, rrset: number, index: number, ttl: number): void {
    const { words, octets } = shard;
    const out = this.octets;
    const descriptor = words[rrset];
    const type = descriptor & 0xffff;
    const own = ownOctets(descriptor);
    const data = entry + words[rrset + 2];
    if (shard !== this.#shard || entry !== this.#entry) {
      this.#nameSize = this.#copy(octets, nameAt(words, entry), nameLength(words, entry), 0);
      this.#shard = shard;
      this.#entry = entry;
    }
    let at = writeUint16(out, this.#nameSize, type);
    at = writeUint16(out, at, CLASS.IN);
    at = writeUint32(out, at, ttlOf(words, entry, rrset, ttl));
    const rdataStart = at + 2;
    at = rdataStart;
    if (isPrepared(descriptor)) {
      at = this.#copy(octets, rdataAt(words, data, index), rdlengthOf(words, data, index), at);
    } else if ((descriptor & TARGETS_FLAG) === 0) {
      at = this.#copy(octets, data * 4 + index * own, own, at);
    } else {
      const count = words[rrset + 1];
      const numbers = data + TARGETS_HEADER_WORDS;
      const ownAt = (numbers + count) * 4 + index * own;
      if (type === TYPE.SRV) at = writeUint32(out, at, words[data + 1]);
      at = this.#copy(octets, ownAt, own, at);
      const target = targetTable(words, rrset, data) + words[numbers + index] * TARGET_WORDS;
      const place = words[target + 1];
      at = this.#copy(octets, (entry + (place >>> NAME_SHIFT)) * 4, place & NAME_SIZE_MASK, at);
    }
    writeUint16(out, rdataStart - 2, at - rdataStart);
    this.length = at;
  }

  /** The record as text with one character an octet, for keys of maps. */
  get text(): string {
    return Buffer.from(this.octets.buffer, 0, this.length).toString("latin1");
  }

  #copy(from: Uint8Array, start: number, count: number, to: number): number {
    const out = this.octets;
    for (let i = 0; i < count; i++) out[to + i] = from[start + i];
    return to + count;
  }
}

/** Calls `take` for each record of the entry, which `record` holds then. */
export function readEntry(record: WireRecord, shard: Shard, entry: number, ttl: number, take: () => void): void {
  const { words } = shard;
  const sets = rrsetCount(words, entry);
  for (let i = 0; i < sets; i++) {
    const rrset = rrsetWord(entry, i);
    for (let n = 0; n < words[rrset + 1]; n++) {
      record.read(shard, entry, rrset, n, ttl);
      take();
    }
  }
}
