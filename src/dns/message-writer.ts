import { RRSET_WORDS, TARGET_SHIFT, TARGET_WORDS } from "../zone/layout.js";
import { entryWord, nameAt, nameLength, rrsetCount, rrsetWord, type Shard, type Snapshot } from "../zone/snapshot.js";
import { EDE_SIZE, OPT_FIXED, writeOpt } from "./edns.js";
import { HEADER, TYPE } from "./protocol.js";
import type { Query } from "./query.js";

export const NO_EDE = -1;

const QR = 0x80;
const AA = 0x04;
const TC = 0x02;
const RD = 0x01;
const RA = 0x80;
const CD = 0x10;
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
  /** The answer is cut short: nothing but question and OPT, TC set. */
  truncated = false;
  /** Info code of an extended error (RFC 8914), or `NO_EDE`. Set it before writing records: it takes room. */
  ede = NO_EDE;
  readonly #random: () => number;
  #out = new Uint8Array(0) as Uint8Array;
  #query: Query;
  #limit = 0;
  #at: number = HEADER;
  #answers = 0;
  #authorities = 0;
  #additionals = 0;

  constructor(query: Query, random: () => number) {
    this.#query = query;
    this.#random = random;
  }

  /** Starts an answer of at most `limit` octets by copying the question out of `message`, letter case and all. */
  begin(message: Uint8Array, out: Uint8Array, limit: number): void {
    this.truncated = false;
    this.ede = NO_EDE;
    this.#out = out;
    this.#limit = limit;
    this.#answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#at = copy(message, HEADER, this.#query.questionEnd, out, HEADER);
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
    else this.#answers++;
  }

  /** Which record of a set comes first this time: each equally often (RFC 1794). */
  firstOf(total: number): number {
    return total === 1 ? 0 : this.#random() % total;
  }

  /** How many whole records of a set, from `first` on and around, still fit. */
  fitting(words: Uint32Array, entry: number, rrset: number, first: number): number {
    const total = words[rrset + 1];
    if (this.fits(rrsetOctets(words, entry, rrset))) return total;
    const table = entry + words[rrset + 2];
    let room = this.#limit - this.#at - this.#optSize();
    let count = 0;
    for (let i = first; count < total; i = next(i, total)) {
      room -= words[table + i + 1] - words[table + i];
      if (room < 0) break;
      count++;
    }
    return count;
  }

  /** Appends `count` records of a set to the answer section, from `first` on and around. */
  rrset(shard: Shard, entry: number, rrset: number, first: number, count: number): void {
    const { words, octets } = shard;
    const total = words[rrset + 1];
    const table = entry + words[rrset + 2];
    const base = entry * 4;
    const last = Math.min(first + count, total);
    this.#at = copy(octets, base + words[table + first], base + words[table + last], this.#out, this.#at);
    const around = first + count - total;
    if (around > 0) this.#at = copy(octets, base + words[table], base + words[table + around], this.#out, this.#at);
    this.#answers += count;
  }

  /**
   * Appends the addresses of every target among the first records of the answer section, in their order, each target
   * once; what does not fit is left out by whole RRsets (RFC 2181 §9).
   */
  glue(snapshot: Snapshot, shard: Shard, entry: number, rrset: number, first: number, count: number): void {
    const { words, octets } = shard;
    const total = words[rrset + 1];
    const table = entry + words[rrset + 2];
    const targets = table + total + 1;
    const targetAt = words[rrset] >>> TARGET_SHIFT;
    const firstTarget = words[targets + first * TARGET_WORDS + 1];
    let record = this.#query.questionEnd;
    let before = -1;
    for (let n = 0, i = first; n < count; n++, i = next(i, total)) {
      const size = words[table + i + 1] - words[table + i];
      const target = words[targets + i * TARGET_WORDS + 1];
      // Neighbours share targets; the first one's may come round again at the end.
      if (target !== before && (n === 0 || target !== firstTarget)) {
        const name = entry * 4 + words[table + i] + targetAt;
        const found = snapshot.find(octets, name, size - targetAt, words[targets + i * TARGET_WORDS]);
        if (found !== 0) this.#addresses(snapshot.shardAt(found), entryWord(found), record + targetAt);
      }
      before = target;
      record += size;
    }
  }

  /** Leaves nothing but the question (RFC 2181 §9): the client asks again over TCP. */
  truncate(): void {
    this.truncated = true;
    this.#answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#at = this.#query.questionEnd;
  }

  /** Writes OPT and header, and returns the length of the message. */
  finish(rcode: number, authoritative: boolean, recursionAvailable: boolean, payload: number): number {
    const query = this.#query;
    const out = this.#out;
    if (query.opt.present) {
      this.#at = writeOpt(out, this.#at, payload, rcode, query.opt.dnssecOk, this.ede);
      this.#additionals++;
    }
    out[0] = query.id >>> 8;
    out[1] = query.id & 0xff;
    out[2] =
      QR |
      (query.opcode << 3) |
      (authoritative ? AA : 0) |
      (this.truncated ? TC : 0) |
      (query.recursionDesired ? RD : 0);
    out[3] = (recursionAvailable ? RA : 0) | (!authoritative && query.checkingDisabled ? CD : 0) | (rcode & 0x0f);
    writeCount(out, 4, query.questionEnd > HEADER ? 1 : 0);
    writeCount(out, 6, this.#answers);
    writeCount(out, 8, this.#authorities);
    writeCount(out, 10, this.#additionals);
    return this.#at;
  }

  /** Appends the A and AAAA sets of an entry whose name stands in the message at `owner`. */
  #addresses(shard: Shard, entry: number, owner: number): void {
    const a = findRrset(shard.words, entry, TYPE.A);
    if (a !== 0) this.#glueSet(shard, entry, a, owner);
    const aaaa = findRrset(shard.words, entry, TYPE.AAAA);
    if (aaaa !== 0) this.#glueSet(shard, entry, aaaa, owner);
  }

  #glueSet(shard: Shard, entry: number, rrset: number, owner: number): void {
    const { words, octets } = shard;
    const count = words[rrset + 1];
    const ownerSize = owner <= MAX_POINTER ? POINTER_SIZE : nameLength(words, entry);
    if (!this.fits(rrsetOctets(words, entry, rrset) + count * (ownerSize - POINTER_SIZE))) return;
    const table = entry + words[rrset + 2];
    const name = nameAt(words, entry);
    let i = this.firstOf(count);
    for (let n = 0; n < count; n++, i = next(i, count)) {
      if (owner <= MAX_POINTER) writePointer(this.#out, this.#at, owner);
      else copy(octets, name, name + ownerSize, this.#out, this.#at);
      const record = entry * 4 + words[table + i] + POINTER_SIZE;
      this.#at = copy(octets, record, entry * 4 + words[table + i + 1], this.#out, this.#at + ownerSize);
    }
    this.#additionals += count;
  }

  #optSize(): number {
    if (!this.#query.opt.present) return 0;
    return this.ede === NO_EDE ? OPT_FIXED : OPT_FIXED + EDE_SIZE;
  }
}

/** Word of the entry's set of this type, or 0. */
export function findRrset(words: Uint32Array, entry: number, type: number): number {
  const end = rrsetWord(entry, rrsetCount(words, entry));
  for (let at = rrsetWord(entry, 0); at < end; at += RRSET_WORDS) if ((words[at] & 0xffff) === type) return at;
  return 0;
}

/** Octets of all records of a set. */
function rrsetOctets(words: Uint32Array, entry: number, rrset: number): number {
  const table = entry + words[rrset + 2];
  return words[table + words[rrset + 1]] - words[table];
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

function writeCount(out: Uint8Array, at: number, count: number): void {
  out[at] = count >>> 8;
  out[at + 1] = count & 0xff;
}
