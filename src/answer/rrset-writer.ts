import { writeUint16, writeUint32 } from "../wire/octets.js";
import { CLASS } from "../wire/protocol.js";
import {
  NAME_SHIFT,
  NAME_SIZE_MASK,
  RECORD_HEADER,
  SRV_PREFIX,
  TARGET_WORDS,
  TARGETS_FLAG,
  TARGETS_HEADER_WORDS,
} from "../zone/layout.js";
import { ownOctets, type Shard, type Snapshot, targetTable } from "../zone/snapshot.js";
import type { GlueWriter } from "./glue-writer.js";
import type { MessageBuffer } from "./message-buffer.js";
import { rrsetOctets } from "./rrset.js";

/**
 * Writes RRsets of a snapshot: the caller selects one, and writes some of its records, in order from any of them on. One object
 * serves all answers of a thread, and allocates nothing.
 */
export class RrsetWriter {
  readonly #message: MessageBuffer;
  readonly #random: () => number;
  readonly #glue: GlueWriter;
  #shard: Shard | undefined;
  #entry = 0;
  #rrset = 0;
  #ttl = 0;
  /** Records of the selected RRset, and the index of the one to write first. */
  total = 0;
  #first = 0;
  /** Records that were written of it, and the index in the message where they start. */
  #count = 0;
  #writtenAt = 0;

  /** @param random returns unsigned 32-bit integers */
  constructor(message: MessageBuffer, random: () => number, glue: GlueWriter) {
    this.#message = message;
    this.#random = random;
    this.#glue = glue;
  }

  /** Selects an RRset, for the calls that follow. */
  select(shard: Shard, entry: number, rrset: number, ttl: number): void {
    this.#shard = shard;
    this.#entry = entry;
    this.#rrset = rrset;
    this.#ttl = ttl;
    this.total = shard.words[rrset + 1];
    this.#first = 0;
  }

  /** Lets a random record come first, so that each does equally often (RFC 1794). */
  rotate(): void {
    this.#first = this.total === 1 ? 0 : this.#random() % this.total;
  }

  /** How many records still fit, from the first one on. */
  fitting(): number {
    const { words } = this.#shard as Shard;
    const [entry, rrset, total] = [this.#entry, this.#rrset, this.total];
    const { room } = this.#message;
    if (rrsetOctets(words, entry, rrset) <= room) return total;
    const own = ownOctets(words[rrset]);
    if ((words[rrset] & TARGETS_FLAG) === 0) return Math.max(0, Math.floor(room / (RECORD_HEADER + own)));
    const ahead = RECORD_HEADER + (own === 0 ? 0 : SRV_PREFIX + own);
    const data = entry + words[rrset + 2];
    const table = targetTable(words, rrset, data);
    let count = 0;
    let taken = 0;
    for (let i = this.#first; count < total; i = next(i, total)) {
      const target = table + words[data + TARGETS_HEADER_WORDS + i] * TARGET_WORDS;
      taken += ahead + (words[target + 1] & NAME_SIZE_MASK);
      if (taken > room) break;
      count++;
    }
    return count;
  }

  /** Appends `count` records with a pointer to their owner at `owner`. */
  write(count: number, owner: number): void {
    const { words } = this.#shard as Shard;
    const message = this.#message;
    this.#count = count;
    this.#writtenAt = message.at;
    if ((words[this.#rrset] & TARGETS_FLAG) !== 0) {
      this.#writeTargets(owner);
      return;
    }
    for (let n = 0, i = this.#first; n < count; n++, i = next(i, this.total)) {
      message.pointer(owner);
      this.#plainRecord(this.#shard as Shard, this.#entry, this.#rrset, i);
    }
  }

  /**
   * Appends the addresses of all targets of the records just written, in the same order, each target once. An RRset that does not
   * fit is left out as a whole (RFC 2181 §9).
   *
   * @returns the number of records appended
   */
  glue(snapshot: Snapshot): number {
    const { words } = this.#shard as Shard;
    const [entry, rrset, total] = [this.#entry, this.#rrset, this.total];
    const data = entry + words[rrset + 2];
    const numbers = data + TARGETS_HEADER_WORDS;
    const table = targetTable(words, rrset, data);
    const own = ownOctets(words[rrset]);
    const ahead = RECORD_HEADER + (own === 0 ? 0 : SRV_PREFIX + own);
    const firstTarget = words[numbers + this.#first];
    let owner = this.#writtenAt + ahead;
    let before = -1;
    let records = 0;
    for (let n = 0, i = this.#first; n < this.#count; n++, i = next(i, total)) {
      const number = words[numbers + i];
      const target = table + number * TARGET_WORDS;
      const size = words[target + 1] & NAME_SIZE_MASK;
      // Records with the same target are adjacent. With rotation, the first record's target may appear again at the end.
      if (number !== before && (n === 0 || number !== firstTarget)) {
        const found = snapshot.find(words, entry + (words[target + 1] >>> NAME_SHIFT), size, words[target] | 0);
        if (found !== 0) records += this.#glue.write(snapshot, found, owner);
      }
      before = number;
      owner += size + ahead;
    }
    return records;
  }

  /** Appends record `i` of an RRset without targets, behind its owner. */
  #plainRecord({ words, octets }: Shard, entry: number, rrset: number, i: number): void {
    const own = ownOctets(words[rrset]);
    const from = (entry + words[rrset + 2]) * 4 + i * own;
    this.#header(words[rrset] & 0xffff, own);
    this.#message.copy(octets, from, from + own);
  }

  /**
   * Appends records of an RRset with targets. One with the same target as the record before is a copy of that, with its own RDATA
   * octets.
   */
  #writeTargets(owner: number): void {
    const { words, octets } = this.#shard as Shard;
    const message = this.#message;
    const { out } = message;
    const [entry, rrset, total] = [this.#entry, this.#rrset, this.total];
    const own = ownOctets(words[rrset]);
    const numbers = entry + words[rrset + 2] + TARGETS_HEADER_WORDS;
    const ownAt = (numbers + total) * 4;
    let before = -1;
    let size = 0;
    for (let n = 0, i = this.#first; n < this.#count; n++, i = next(i, total)) {
      const { at } = message;
      if (words[numbers + i] === before) {
        out.copyWithin(at, at - size, at);
        message.at = at + RECORD_HEADER + SRV_PREFIX;
        message.copy(octets, ownAt + i * own, ownAt + (i + 1) * own);
        message.at = at + size;
        continue;
      }
      before = words[numbers + i];
      message.pointer(owner);
      this.#targetRecord(i);
      size = message.at - at;
    }
  }

  /** Appends record `i` of an RRset with targets, behind its owner. Targets are not compressed (RFC 2782, RFC 3597 §4). */
  #targetRecord(i: number): void {
    const { words, octets } = this.#shard as Shard;
    const message = this.#message;
    const [entry, rrset] = [this.#entry, this.#rrset];
    const own = ownOctets(words[rrset]);
    const data = entry + words[rrset + 2];
    const target = targetTable(words, rrset, data) + words[data + TARGETS_HEADER_WORDS + i] * TARGET_WORDS;
    const name = (entry + (words[target + 1] >>> NAME_SHIFT)) * 4;
    const size = words[target + 1] & NAME_SIZE_MASK;
    this.#header(words[rrset] & 0xffff, own === 0 ? size : SRV_PREFIX + own + size);
    if (own > 0) {
      message.at = writeUint32(message.out, message.at, words[data + 1]);
      const from = (data + TARGETS_HEADER_WORDS + words[rrset + 1]) * 4 + i * own;
      message.copy(octets, from, from + own);
    }
    message.copy(octets, name, name + size);
  }

  /** Appends type, class, TTL and RDLENGTH. */
  #header(type: number, rdlength: number): void {
    const { out, at } = this.#message;
    writeUint32(out, at, (type << 16) | CLASS.IN);
    writeUint32(out, at + 4, this.#ttl);
    this.#message.at = writeUint16(out, at + 8, rdlength);
  }
}

/** The index after `i` in an RRset of `total` records; after the last one, the first. */
function next(i: number, total: number): number {
  return i + 1 === total ? 0 : i + 1;
}
