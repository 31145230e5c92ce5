import type { AliasLink } from "../wire/alias.js";
import { OptReply } from "../wire/edns.js";
import { writeUint16, writeUint32 } from "../wire/octets.js";
import { HEADER, MAX_POINTER, POINTER_SIZE, QR, RECORD_FIXED, TC } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { recordEnd, writeRecords } from "../wire/reply-records.js";
import type { Shard, Snapshot } from "../zone/snapshot.js";
import { MessageBuffer } from "./message-buffer.js";
import { isAddress } from "./rrset.js";
import { RrsetWriter } from "./rrset-writer.js";

const AA = 0x04;
const RD = 0x01;
const RA = 0x80;

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
  readonly #query: Query;
  readonly #message = new MessageBuffer();
  readonly #rrsets: RrsetWriter;
  /** Where the owner of the answer's records stands. */
  #owner: number = HEADER;
  /** Records in the answer section. */
  answers = 0;
  #authorities = 0;
  #additionals = 0;

  constructor(query: Query, random: () => number) {
    this.#query = query;
    this.#random = random;
    this.#rrsets = new RrsetWriter(this.#message, random);
  }

  /** Starts an answer of at most `limit` octets by copying the question out of `message`, letter case and all. */
  begin(message: Uint8Array, out: Uint8Array, limit: number): void {
    this.truncated = false;
    this.opt.reset();
    this.#message.out = out;
    this.#message.limit = limit;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#owner = HEADER;
    this.#message.at = HEADER;
    this.#message.copy(message, HEADER, this.#query.questionEnd);
  }

  /** Octets left for the OPT record and all that follows. */
  get room(): number {
    return this.#message.limit - this.#message.at;
  }

  fits(octets: number): boolean {
    this.#reserve();
    return this.#message.fits(octets);
  }

  /** Appends an SOA record whose owner stands in the message at `owner`, unless it does not fit. */
  soa(soa: Uint8Array, owner: number, authority: boolean): void {
    if (!this.fits(POINTER_SIZE + soa.length)) {
      this.truncate();
      return;
    }
    this.#message.pointer(owner);
    this.#message.copy(soa, 0, soa.length);
    if (authority) this.#authorities++;
    else this.answers++;
  }

  /** An RRset of the answer section, of which `rrset` is to write some records. Another one comes first each time, if it is to. */
  select(shard: Shard, entry: number, rrset: number, ttl: number): void {
    this.#reserve();
    this.#rrsets.select(shard, entry, rrset, ttl);
  }

  /** What is selected. */
  get selected(): RrsetWriter {
    return this.#rrsets;
  }

  /** Appends so many records of the selected RRset. */
  rrset(count: number): void {
    this.#rrsets.write(count, this.#owner);
    this.answers += count;
  }

  /** Appends the addresses of the targets of what `rrset` has written. */
  glue(snapshot: Snapshot): void {
    this.#additionals += this.#rrsets.glue(snapshot);
  }

  /** Leaves nothing but the question (RFC 2181 §9): the client asks again over TCP. */
  truncate(): void {
    this.truncated = true;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#message.at = this.#query.questionEnd;
  }

  /** Appends a record written as octets, owner and all, to the additional section: a TSIG. */
  additional(record: Uint8Array): void {
    this.#message.copy(record, 0, record.length);
    this.#additionals++;
  }

  /** Appends a record to the answer section that belongs to the question's name, unless it does not fit. */
  record(type: number, dnsClass: number, ttl: number, rdata: Uint8Array): void {
    const message = this.#message;
    if (!this.fits(POINTER_SIZE + RECORD_FIXED + rdata.length)) {
      this.truncate();
      return;
    }
    message.pointer(HEADER);
    message.at = writeUint32(message.out, message.at, (type << 16) | dnsClass);
    message.at = writeUint32(message.out, message.at, ttl);
    message.at = writeUint16(message.out, message.at, rdata.length);
    message.copy(rdata, 0, rdata.length);
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
    this.#records(reply, whole ? reply.end : reply.additionalAt, age, turn);
    this.truncated = reply.truncated;
    this.answers = reply.answers;
    this.#authorities = reply.authorities;
    if (whole) this.#additionals = reply.additionals;
  }

  /** Appends what fits of the answer section of a reply with addresses, which are random ones, as they take turns. */
  #addressesOf(reply: Reply, age: number, turn: number): void {
    while (this.answers < reply.answers && this.fits(recordEnd(reply, this.answers))) this.answers++;
    if (this.answers > 0) this.#records(reply, recordEnd(reply, this.answers - 1), age, turn);
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
    this.#records(reply, size, age, 0);
    this.answers = link.records;
    return true;
  }

  /** Whether a pointer reaches the name of a link. */
  reaches(link: AliasLink): boolean {
    return this.#query.questionEnd + link.at <= MAX_POINTER;
  }

  #records(reply: Reply, size: number, age: number, turn: number): void {
    const message = this.#message;
    message.at = writeRecords(reply, size, message.out, message.at, { age, turn });
  }

  /** Appends an SOA record with its owner written out to the authority section, where it fits. */
  namedSoa(owner: Uint8Array, soa: Uint8Array): void {
    if (!this.fits(owner.length + soa.length)) return;
    this.#message.copy(owner, 0, owner.length);
    this.#message.copy(soa, 0, soa.length);
    this.#authorities++;
  }

  /** Writes the OPT record, if the query has one, behind what was written so far. */
  finishOpt(rcode: number, payload: number): void {
    const { opt } = this.#query;
    if (!opt.present) return;
    const message = this.#message;
    this.opt.payload = payload;
    this.opt.dnssecOk = opt.dnssecOk;
    message.at = this.opt.write(message.out, message.at, rcode, message.limit);
    this.#additionals++;
  }

  /**
   * Writes the header, and returns the length of the message.
   *
   * @param flags AD and CD, as bits of the header's fourth octet
   */
  finish(rcode: number, authoritative: boolean, recursionAvailable: boolean, flags = 0): number {
    const query = this.#query;
    const { out, at } = this.#message;
    writeUint16(out, 0, query.id);
    out[2] =
      QR |
      (query.opcode << 3) |
      (authoritative ? AA : 0) |
      (this.truncated ? TC : 0) |
      (query.recursionDesired ? RD : 0);
    out[3] = (recursionAvailable ? RA : 0) | flags | (rcode & 0x0f);
    writeUint16(out, 4, query.questionEnd > HEADER ? 1 : 0);
    writeUint16(out, 6, this.answers);
    writeUint16(out, 8, this.#authorities);
    writeUint16(out, 10, this.#additionals);
    return at;
  }

  /** What the OPT record will take depends on what it says by now. */
  #reserve(): void {
    this.#message.reserved = this.#query.opt.present ? this.opt.size : 0;
  }
}
