import { writeUint16, writeUint32 } from "../wire/octets.js";
import { CLASS, MAX_POINTER, POINTER_SIZE, TYPE } from "../wire/protocol.js";
import { entryWord, isPrepared, nameAt, nameLength, ownOctets, type Shard, type Snapshot } from "../zone/snapshot.js";
import type { MessageBuffer } from "./message-buffer.js";
import { PreparedPicks } from "./prepared-picks.js";
import { findRrset, rrsetOctets } from "./rrset.js";

/** Writes the addresses of names that records point to. An RRset that does not fit is left out as a whole (RFC 2181 §9). */
export class GlueWriter {
  /** Whether an RRset has been left out since this was set to false. */
  isIncomplete = false;
  readonly #message: MessageBuffer;
  readonly #random: () => number;
  readonly #picks: PreparedPicks;

  /** @param random returns unsigned 32-bit integers */
  constructor(message: MessageBuffer, random: () => number) {
    this.#message = message;
    this.#random = random;
    this.#picks = new PreparedPicks(random);
  }

  /**
   * Appends the A and AAAA RRsets of an entry.
   *
   * @param found position of the entry in the snapshot
   * @param owner index in the message of its name, uncompressed
   * @returns the number of records appended
   */
  write(snapshot: Snapshot, found: number, owner: number): number {
    const shard = snapshot.shardAt(found);
    const entry = entryWord(found);
    const { ttl } = snapshot.zoneAt(shard, entry);
    const a = findRrset(shard.words, entry, TYPE.A);
    const aaaa = findRrset(shard.words, entry, TYPE.AAAA);
    return (
      (a === 0 ? 0 : this.#set(shard, entry, a, ttl, owner)) +
      (aaaa === 0 ? 0 : this.#set(shard, entry, aaaa, ttl, owner))
    );
  }

  #set(shard: Shard, entry: number, rrset: number, ttl: number, owner: number): number {
    const { words } = shard;
    const count = words[rrset + 1];
    const ownerSize = owner <= MAX_POINTER ? POINTER_SIZE : nameLength(words, entry);
    if (!this.#message.fits(rrsetOctets(words, entry, rrset) + count * (ownerSize - POINTER_SIZE))) {
      this.isIncomplete = true;
      return 0;
    }
    const type = words[rrset] & 0xffff;
    if (isPrepared(words[rrset])) return this.#preparedSet(shard, entry, rrset, ttl, owner);
    const own = ownOctets(words[rrset]);
    const data = (entry + words[rrset + 2]) * 4;
    let i = count === 1 ? 0 : this.#random() % count;
    for (let n = 0; n < count; n++) {
      this.#owner(shard, entry, owner);
      this.#record(shard, type, ttl, data + i * own, own);
      if (++i === count) i = 0;
    }
    return count;
  }

  #preparedSet(shard: Shard, entry: number, rrset: number, ttl: number, owner: number): number {
    const picks = this.#picks;
    picks.select(shard.words, entry, rrset, ttl);
    for (let n = 0; n < picks.total; n++) {
      const record = picks.at(n);
      this.#owner(shard, entry, owner);
      this.#record(shard, shard.words[rrset] & 0xffff, picks.ttl, picks.rdataAt(record), picks.rdlength(record));
    }
    return picks.total;
  }

  /** Appends the entry's name, as a pointer to `owner` if one can reach it. */
  #owner({ words, octets }: Shard, entry: number, owner: number): void {
    if (owner <= MAX_POINTER) this.#message.pointer(owner);
    else this.#message.copy(octets, nameAt(words, entry), nameAt(words, entry) + nameLength(words, entry));
  }

  #record({ octets }: Shard, type: number, ttl: number, rdata: number, size: number): void {
    const message = this.#message;
    message.at = writeUint32(message.out, message.at, (type << 16) | CLASS.IN);
    message.at = writeUint32(message.out, message.at, ttl);
    message.at = writeUint16(message.out, message.at, size);
    message.copy(octets, rdata, rdata + size);
  }
}
