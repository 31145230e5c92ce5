import type { AliasLink } from "../wire/alias.js";
import { OptReply } from "../wire/edns.js";
import { CLASS, HEADER, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import { type Reply, recordEnd, writeRecords } from "../wire/reply.js";
import {
  NAME_SHIFT,
  NAME_SIZE_MASK,
  RECORD_HEADER,
  SRV_PREFIX,
  TARGET_WORDS,
  TARGETS_FLAG,
  TARGETS_HEADER_WORDS,
} from "../zone/layout.js";
import { entryWord, nameAt, nameLength, type Shard, type Snapshot } from "../zone/snapshot.js";
import { findRrset, isAddress, ownOctets, rrsetOctets, targetTable } from "./rrset.js";

const QR = 0x80;
const AA = 0x04;
const TC = 0x02;
const RD = 0x01;
const RA = 0x80;
/** Pointers reach the first 16 KiB of a message (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff;
const POINTER = 0xc0;
/** Octets of an owner that is a pointer. */
const POINTER_SIZE = 2;

/**
 * Writes one answer into a buffer: first the records, in the order of the sections, then `finish`. Keeps count of the
 * sections and of the room that the OPT record will need; nothing is ever written past the limit.
 */
export class MessageWriter {
  /** The answer is cut short, TC set. */
  truncated = false;
  /** What goes into the OPT record, if the query has one. To be set before records are written: it takes room. */
  readonly opt = new OptReply();
  readonly #random: () => number;
  #out = new Uint8Array(0) as Uint8Array;
  #query: Query;
  #limit = 0;
  #at: number = HEADER;
  /** Where the owner of the answer's records stands, and where they start. */
  #owner: number = HEADER;
  #setAt: number = HEADER;
  /** Records in the answer section. */
  answers = 0;
  #authorities = 0;
  #additionals = 0;

  constructor(query: Query, random: () => number) {
    this.#query = query;
    this.#random = random;
  }

  /** Starts an answer of at most `limit` octets by copying the question out of `message`, letter case and all. */
  begin(message: Uint8Array, out: Uint8Array, limit: number): void {
    this.truncated = false;
    this.opt.reset();
    this.#out = out;
    this.#limit = limit;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#owner = HEADER;
    this.#at = copy(message, HEADER, this.#query.questionEnd, out, HEADER);
  }

  /** Octets left for the OPT record and all that follows. */
  get room(): number {
    return this.#limit - this.#at;
  }

  fits(octets: number): boolean {
    return this.#at + octets + this.#optSize() <= this.#limit;
  }

  /** Appends an SOA record whose owner stands in the message at `owner`, unless it does not fit. */
  soa(soa: Uint8Array, owner: number, authority: boolean): void {
    if (!this.fits(POINTER_SIZE + soa.length)) {
      this.truncate();
      return;
    }
    writePointer(this.#out, this.#at, owner);
    this.#at = copy(soa, 0, soa.length, this.#out, this.#at + POINTER_SIZE);
    if (authority) this.#authorities++;
    else this.answers++;
  }

  /** Which record of a set comes first this time: each equally often (RFC 1794). */
  firstOf(total: number): number {
    return total === 1 ? 0 : this.#random() % total;
  }

  /** How many whole records of a set, from `first` on and around, still fit. */
  fitting(words: Uint32Array, entry: number, rrset: number, first: number): number {
    const total = words[rrset + 1];
    if (this.fits(rrsetOctets(words, entry, rrset))) return total;
    const room = this.#limit - this.#at - this.#optSize();
    const own = ownOctets(words[rrset]);
    if ((words[rrset] & TARGETS_FLAG) === 0) return Math.floor(room / (RECORD_HEADER + own));
    const ahead = RECORD_HEADER + (own === 0 ? 0 : SRV_PREFIX + own);
    const data = entry + words[rrset + 2];
    const table = targetTable(words, rrset, data);
    let count = 0;
    let taken = 0;
    for (let i = first; count < total; i = next(i, total)) {
      const target = table + words[data + TARGETS_HEADER_WORDS + i] * TARGET_WORDS;
      taken += ahead + (words[target + 1] & NAME_SIZE_MASK);
      if (taken > room) break;
      count++;
    }
    return count;
  }

  /** Appends `count` records of a set to the answer section, from `first` on and around. */
  rrset(shard: Shard, entry: number, rrset: number, ttl: number, first: number, count: number): void {
    const { words } = shard;
    const total = words[rrset + 1];
    this.answers += count;
    this.#setAt = this.#at;
    if ((words[rrset] & TARGETS_FLAG) !== 0) {
      this.#targetRecords(shard, entry, rrset, ttl, first, count);
      return;
    }
    for (let n = 0, i = first; n < count; n++, i = next(i, total)) {
      writePointer(this.#out, this.#at, this.#owner);
      this.#at += POINTER_SIZE;
      this.#plainRecord(shard, entry, rrset, ttl, i);
    }
  }

  /**
   * Appends the addresses of every target among the records of the set that was appended last, in their order, each target
   * once; what does not fit is left out by whole RRsets (RFC 2181 §9).
   */
  glue(snapshot: Snapshot, shard: Shard, entry: number, rrset: number, first: number, count: number): void {
    const { words } = shard;
    const total = words[rrset + 1];
    const data = entry + words[rrset + 2];
    const numbers = data + TARGETS_HEADER_WORDS;
    const table = targetTable(words, rrset, data);
    const own = ownOctets(words[rrset]);
    const ahead = RECORD_HEADER + (own === 0 ? 0 : SRV_PREFIX + own);
    const firstTarget = words[numbers + first];
    let owner = this.#setAt + ahead;
    let before = -1;
    for (let n = 0, i = first; n < count; n++, i = next(i, total)) {
      const number = words[numbers + i];
      const target = table + number * TARGET_WORDS;
      const size = words[target + 1] & NAME_SIZE_MASK;
      // Neighbours share targets; the first one's may come round again at the end.
      if (number !== before && (n === 0 || number !== firstTarget)) {
        const found = snapshot.find(words, entry + (words[target + 1] >>> NAME_SHIFT), size, words[target] | 0);
        if (found !== 0) this.#addresses(snapshot, found, owner);
      }
      before = number;
      owner += size + ahead;
    }
  }

  /** Leaves nothing but the question (RFC 2181 §9): the client asks again over TCP. */
  truncate(): void {
    this.truncated = true;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#at = this.#query.questionEnd;
  }

  /** Appends a record written as octets, owner and all, to the additional section: a TSIG. */
  additional(record: Uint8Array): void {
    this.#at = copy(record, 0, record.length, this.#out, this.#at);
    this.#additionals++;
  }

  /** Appends a record to the answer section that belongs to the question's name, unless it does not fit. */
  record(type: number, dnsClass: number, ttl: number, rdata: Uint8Array): void {
    if (!this.fits(RECORD_HEADER + rdata.length)) {
      this.truncate();
      return;
    }
    writePointer(this.#out, this.#at, HEADER);
    writeUint32(this.#out, this.#at + 2, (type << 16) | dnsClass);
    writeUint32(this.#out, this.#at + 6, ttl);
    writeCount(this.#out, this.#at + 10, rdata.length);
    this.#at = copy(rdata, 0, rdata.length, this.#out, this.#at + RECORD_HEADER);
    this.answers++;
  }

  /**
   * Appends the records of an upstream's reply, without the additional section if it does not fit. If the rest does not fit either,
   * TC is set, and there are none but as many as fit of an answer that consists of addresses.
   *
   * @param age see `writeRecords`
   */
  reply(reply: Reply, age: number): void {
    const whole = this.fits(reply.end);
    const turn = reply.runLength > 1 ? this.#random() : 0;
    if (!whole && !this.fits(reply.additionalAt)) {
      this.truncate();
      if (reply.runLength > 1 && isAddress(this.#query.type)) this.#addressesOf(reply, age, turn);
      return;
    }
    const size = whole ? reply.end : reply.additionalAt;
    this.#at = writeRecords(reply, size, this.#out, this.#at, age, turn);
    this.truncated = reply.truncated;
    this.answers = reply.answers;
    this.#authorities = reply.authorities;
    if (whole) this.#additionals = reply.additionals;
  }

  /** Appends what fits of the answer section of a reply with addresses, which are random ones, as they take turns. */
  #addressesOf(reply: Reply, age: number, turn: number): void {
    while (this.answers < reply.answers && this.fits(recordEnd(reply, this.answers))) this.answers++;
    if (this.answers > 0)
      this.#at = writeRecords(reply, recordEnd(reply, this.answers - 1), this.#out, this.#at, age, turn);
  }

  /**
   * Appends the answers of an upstream's reply that lead to a name and say nothing of it; the records that follow belong to that name.
   * Where they do not fit, TC is set.
   *
   * @returns whether they are there now
   */
  alias(reply: Reply, link: AliasLink, age: number): boolean {
    const size = recordEnd(reply, link.records - 1);
    if (!this.fits(size)) {
      this.truncate();
      return false;
    }
    this.#owner = this.#query.questionEnd + link.at;
    this.#at = writeRecords(reply, size, this.#out, this.#at, age, 0);
    this.answers = link.records;
    return true;
  }

  /** Whether a pointer reaches the name of a link. */
  reaches(link: AliasLink): boolean {
    return this.#query.questionEnd + link.at <= MAX_POINTER;
  }

  /** Appends an SOA record with its owner written out to the authority section, where it fits. */
  namedSoa(owner: Uint8Array, soa: Uint8Array): void {
    if (!this.fits(owner.length + soa.length)) return;
    this.#at = copy(owner, 0, owner.length, this.#out, this.#at);
    this.#at = copy(soa, 0, soa.length, this.#out, this.#at);
    this.#authorities++;
  }

  /** Writes the OPT record, if the query has one, behind what was written so far. */
  finishOpt(rcode: number, payload: number): void {
    const { opt } = this.#query;
    if (!opt.present) return;
    this.opt.payload = payload;
    this.opt.dnssecOk = opt.dnssecOk;
    this.#at = this.opt.write(this.#out, this.#at, rcode, this.#limit);
    this.#additionals++;
  }

  /**
   * Writes the header, and returns the length of the message.
   *
   * @param flags AD and CD, as bits of the header's fourth octet
   */
  finish(rcode: number, authoritative: boolean, recursionAvailable: boolean, flags = 0): number {
    const query = this.#query;
    const out = this.#out;
    out[0] = query.id >>> 8;
    out[1] = query.id & 0xff;
    out[2] =
      QR |
      (query.opcode << 3) |
      (authoritative ? AA : 0) |
      (this.truncated ? TC : 0) |
      (query.recursionDesired ? RD : 0);
    out[3] = (recursionAvailable ? RA : 0) | flags | (rcode & 0x0f);
    writeCount(out, 4, query.questionEnd > HEADER ? 1 : 0);
    writeCount(out, 6, this.answers);
    writeCount(out, 8, this.#authorities);
    writeCount(out, 10, this.#additionals);
    return this.#at;
  }

  /** Appends the A and AAAA sets of the entry `found`, whose name stands in the message at `owner`. */
  #addresses(snapshot: Snapshot, found: number, owner: number): void {
    const shard = snapshot.shardAt(found);
    const entry = entryWord(found);
    const ttl = snapshot.zoneAt(shard, entry).ttl;
    const a = findRrset(shard.words, entry, TYPE.A);
    if (a !== 0) this.#glueSet(shard, entry, a, ttl, owner);
    const aaaa = findRrset(shard.words, entry, TYPE.AAAA);
    if (aaaa !== 0) this.#glueSet(shard, entry, aaaa, ttl, owner);
  }

  #glueSet(shard: Shard, entry: number, rrset: number, ttl: number, owner: number): void {
    const { words, octets } = shard;
    const count = words[rrset + 1];
    const ownerSize = owner <= MAX_POINTER ? POINTER_SIZE : nameLength(words, entry);
    if (!this.fits(rrsetOctets(words, entry, rrset) + count * (ownerSize - POINTER_SIZE))) return;
    const name = nameAt(words, entry);
    for (let n = 0, i = this.firstOf(count); n < count; n++, i = next(i, count)) {
      if (owner <= MAX_POINTER) writePointer(this.#out, this.#at, owner);
      else copy(octets, name, name + ownerSize, this.#out, this.#at);
      this.#at += ownerSize;
      this.#plainRecord(shard, entry, rrset, ttl, i);
    }
    this.#additionals += count;
  }

  /** Record `i` of a set without targets, behind its owner. */
  #plainRecord(shard: Shard, entry: number, rrset: number, ttl: number, i: number): void {
    const { words, octets } = shard;
    const own = ownOctets(words[rrset]);
    const from = (entry + words[rrset + 2]) * 4 + i * own;
    const at = this.#recordHeader(words[rrset] & 0xffff, ttl, own);
    this.#at = copy(octets, from, from + own, this.#out, at);
  }

  /** Records of a set with targets. One that has the target of the one before is that one, but for its own octets. */
  #targetRecords(shard: Shard, entry: number, rrset: number, ttl: number, first: number, count: number): void {
    const { words, octets } = shard;
    const out = this.#out;
    const total = words[rrset + 1];
    const own = ownOctets(words[rrset]);
    const numbers = entry + words[rrset + 2] + TARGETS_HEADER_WORDS;
    const ownAt = (numbers + total) * 4;
    let before = -1;
    let size = 0;
    for (let n = 0, i = first; n < count; n++, i = next(i, total)) {
      const at = this.#at;
      if (words[numbers + i] === before) {
        out.copyWithin(at, at - size, at);
        copy(octets, ownAt + i * own, ownAt + (i + 1) * own, out, at + RECORD_HEADER + SRV_PREFIX);
        this.#at = at + size;
        continue;
      }
      before = words[numbers + i];
      writePointer(out, at, this.#owner);
      this.#at += POINTER_SIZE;
      this.#targetRecord(shard, entry, rrset, ttl, i);
      size = this.#at - at;
    }
  }

  /** Record `i` of a set with targets, behind its owner. Targets are never compressed (RFC 2782, RFC 3597 §4). */
  #targetRecord(shard: Shard, entry: number, rrset: number, ttl: number, i: number): void {
    const { words, octets } = shard;
    const own = ownOctets(words[rrset]);
    const data = entry + words[rrset + 2];
    const target = targetTable(words, rrset, data) + words[data + TARGETS_HEADER_WORDS + i] * TARGET_WORDS;
    const name = (entry + (words[target + 1] >>> NAME_SHIFT)) * 4;
    const size = words[target + 1] & NAME_SIZE_MASK;
    let at = this.#recordHeader(words[rrset] & 0xffff, ttl, own === 0 ? size : SRV_PREFIX + own + size);
    if (own > 0) {
      writeUint32(this.#out, at, words[data + 1]);
      const from = (data + TARGETS_HEADER_WORDS + words[rrset + 1]) * 4 + i * own;
      at = copy(octets, from, from + own, this.#out, at + SRV_PREFIX);
    }
    this.#at = copy(octets, name, name + size, this.#out, at);
  }

  /** Type, class, TTL and RDLENGTH at the present position; the octet behind them. */
  #recordHeader(type: number, ttl: number, rdlength: number): number {
    const out = this.#out;
    const at = this.#at;
    writeUint32(out, at, (type << 16) | CLASS.IN);
    writeUint32(out, at + 4, ttl);
    out[at + 8] = rdlength >>> 8;
    out[at + 9] = rdlength;
    return at + 10;
  }

  #optSize(): number {
    return this.#query.opt.present ? this.opt.size : 0;
  }
}

/** The record behind record `i` of a set of `total`, and around. */
function next(i: number, total: number): number {
  return i + 1 === total ? 0 : i + 1;
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let written = at;
  for (let i = start; i < end; i++) to[written++] = from[i];
  return written;
}

function writePointer(out: Uint8Array, at: number, target: number): void {
  out[at] = POINTER | (target >>> 8);
  out[at + 1] = target & 0xff;
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

function writeCount(out: Uint8Array, at: number, count: number): void {
  out[at] = count >>> 8;
  out[at + 1] = count & 0xff;
}
