import { WORD } from "../wire/names.js";
import { RECORD_FIXED, TYPE } from "../wire/protocol.js";
import { NAME_SHIFT, NAME_SIZE_MASK, TARGET_WORDS, TARGETS_FLAG, TARGETS_HEADER_WORDS } from "../zone/layout.js";
import { rdataAt, rdlengthOf, ttlOf } from "../zone/prepared-sets.js";
import {
  firstEntry,
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
} from "../zone/snapshot.js";
import type { Contents, TransferMessage } from "./message.js";

/** Octets of priority, weight and port of SRV RDATA (RFC 2782). */
const SRV_FIXED = 6;

/** All records of a zone but its SOA, in the order of the snapshot. They go from its words into messages as directly as possible. */
export class ZoneWalk implements Contents {
  readonly #snapshot: Snapshot;
  readonly #zone: number;
  readonly #ttl: number;
  #index = -1;
  /** Entries of the shard from `#entry` on. */
  #left = 0;
  #entry = 0;
  #set = 0;
  /** The next record of the set. */
  #next = 0;
  /** Where the entry's name stands in the message; 0 if it does not. */
  #ownerAt = 0;

  constructor(snapshot: Snapshot, zone: number) {
    this.#snapshot = snapshot;
    this.#zone = zone;
    this.#ttl = snapshot.zones[zone].ttl;
  }

  fill(message: TransferMessage): boolean {
    const { shards } = this.#snapshot;
    this.#ownerAt = 0;
    for (;;) {
      if (this.#left === 0) {
        if (++this.#index >= shards.length) return true;
        const { words } = shards[this.#index];
        this.#left = words[0];
        this.#entry = firstEntry(words);
        continue;
      }
      const shard = shards[this.#index];
      const { words } = shard;
      const sets = zoneOf(words, this.#entry) === this.#zone ? rrsetCount(words, this.#entry) : 0;
      for (; this.#set < sets; this.#set++) {
        if (!this.#write(shard, rrsetWord(this.#entry, this.#set), message)) return false;
        this.#next = 0;
      }
      this.#entry += words[this.#entry + 1];
      this.#left--;
      this.#set = 0;
      this.#ownerAt = 0;
    }
  }

  /** Writes the records of an RRset from `#next` on. Returns false if one of them does not fit. */
  #write(shard: Shard, rrset: number, message: TransferMessage): boolean {
    const descriptor = shard.words[rrset];
    if (isPrepared(descriptor)) return this.#writePrepared(shard, rrset, message);
    if ((descriptor & TARGETS_FLAG) === 0) {
      return ownOctets(descriptor) % WORD === 0
        ? this.#writeWords(shard, rrset, message)
        : this.#writeOctets(shard, rrset, message);
    }
    return (descriptor & 0xffff) === TYPE.SRV
      ? this.#writeServices(shard, rrset, message)
      : this.#writeNames(shard, rrset, message);
  }

  /** Those of addresses. */
  #writeWords({ words, octets }: Shard, rrset: number, message: TransferMessage): boolean {
    const descriptor = words[rrset];
    const count = words[rrset + 1];
    const own = ownOctets(descriptor);
    const data = this.#entry + words[rrset + 2];
    for (; this.#next < count; this.#next++) {
      if (!this.#begin(words, octets, own, message)) return false;
      message.fixed(descriptor & 0xffff, this.#ttl, own);
      message.words(words, data + (this.#next * own) / WORD, own);
    }
    return true;
  }

  #writeOctets({ words, octets }: Shard, rrset: number, message: TransferMessage): boolean {
    const descriptor = words[rrset];
    const count = words[rrset + 1];
    const own = ownOctets(descriptor);
    const data = (this.#entry + words[rrset + 2]) * WORD;
    for (; this.#next < count; this.#next++) {
      if (!this.#begin(words, octets, own, message)) return false;
      const start = data + this.#next * own;
      message.rest(descriptor & 0xffff, this.#ttl, octets, start, start + own);
    }
    return true;
  }

  #writeServices({ words, octets }: Shard, rrset: number, message: TransferMessage): boolean {
    const count = words[rrset + 1];
    const data = this.#entry + words[rrset + 2];
    const numbers = data + TARGETS_HEADER_WORDS;
    const ports = (numbers + count) * WORD;
    const targets = targetTable(words, rrset, data);
    for (; this.#next < count; this.#next++) {
      const place = words[targets + words[numbers + this.#next] * TARGET_WORDS + 1];
      const size = place & NAME_SIZE_MASK;
      if (!this.#begin(words, octets, SRV_FIXED + size, message)) return false;
      message.fixed(TYPE.SRV, this.#ttl, SRV_FIXED + size);
      const port = ports + this.#next * 2;
      message.service(words[data + 1], (octets[port] << 8) | octets[port + 1]);
      // A target is not compressed (RFC 2782).
      message.words(words, this.#entry + (place >>> NAME_SHIFT), size);
    }
    return true;
  }

  #writeNames({ words, octets }: Shard, rrset: number, message: TransferMessage): boolean {
    const descriptor = words[rrset];
    const count = words[rrset + 1];
    const data = this.#entry + words[rrset + 2];
    const numbers = data + TARGETS_HEADER_WORDS;
    const targets = targetTable(words, rrset, data);
    for (; this.#next < count; this.#next++) {
      const place = words[targets + words[numbers + this.#next] * TARGET_WORDS + 1];
      const size = place & NAME_SIZE_MASK;
      const start = (this.#entry + (place >>> NAME_SHIFT)) * WORD;
      if (!this.#begin(words, octets, size, message)) return false;
      message.rest(descriptor & 0xffff, this.#ttl, octets, start, start + size);
    }
    return true;
  }

  #writePrepared({ words, octets }: Shard, rrset: number, message: TransferMessage): boolean {
    const descriptor = words[rrset];
    const count = words[rrset + 1];
    const data = this.#entry + words[rrset + 2];
    const ttl = ttlOf(words, this.#entry, rrset, this.#ttl);
    for (; this.#next < count; this.#next++) {
      const size = rdlengthOf(words, data, this.#next);
      if (!this.#begin(words, octets, size, message)) return false;
      const start = rdataAt(words, data, this.#next);
      message.rest(descriptor & 0xffff, ttl, octets, start, start + size);
    }
    return true;
  }

  /** Writes the owner of a record with so many octets of RDATA. Returns false, and writes nothing, if the record does not fit. */
  #begin(words: Uint32Array, octets: Uint8Array, rdata: number, message: TransferMessage): boolean {
    const size = nameLength(words, this.#entry);
    if (!message.takes(size + RECORD_FIXED + rdata)) return false;
    if (this.#ownerAt > 0) {
      message.pointer(this.#ownerAt);
      return true;
    }
    this.#ownerAt = message.length;
    message.owner(words, octets, nameAt(words, this.#entry), size);
    return true;
  }
}
