import type { AliasLink } from "../wire/alias.js";
import { OptReply } from "../wire/edns.js";
import type { ExpandedRecord } from "../wire/expanded.js";
import { writeUint16, writeUint32 } from "../wire/octets.js";
import { CLASS, HEADER, MAX_POINTER, POINTER_SIZE, QR, RECORD_FIXED, TC } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { recordEnd, writeRecords } from "../wire/reply-records.js";
import { isPrepared, type Shard, type Snapshot } from "../zone/snapshot.js";
import { GlueWriter } from "./glue-writer.js";
import { MessageBuffer } from "./message-buffer.js";
import { PreparedWriter } from "./prepared-writer.js";
import { isAddress } from "./rrset.js";
import { RrsetWriter } from "./rrset-writer.js";

const AA = 0x04;
const RD = 0x01;
const RA = 0x80;

/**
 * Writes one answer into a buffer: first the records, in the order of the sections, then `finishOpt` and `finish`. Counts the
 * records of each section and reserves room for the OPT record. Never writes past the limit.
 */
export class MessageWriter {
  /** Whether to set TC. */
  truncated = false;
  /** Content of the OPT record, if the query has one. Must be set before records are written, as it takes room. */
  readonly opt = new OptReply();
  readonly #random: () => number;
  readonly #query: Query;
  readonly #message = new MessageBuffer();
  readonly #glue: GlueWriter;
  readonly #rrsets: RrsetWriter;
  readonly #prepared: PreparedWriter;
  /** The selected RRset. */
  selected: RrsetWriter | PreparedWriter;
  /** Index of the owner's name that the next records of the answer section point to. */
  owner: number = HEADER;
  /** Records in the answer section. */
  answers = 0;
  #authorities = 0;
  #additionals = 0;

  constructor(query: Query, random: () => number) {
    this.#query = query;
    this.#random = random;
    this.#glue = new GlueWriter(this.#message, random);
    this.#rrsets = new RrsetWriter(this.#message, random, this.#glue);
    this.#prepared = new PreparedWriter(this.#message, random, this.#glue);
    this.selected = this.#rrsets;
  }

  /** Starts an answer of at most `limit` octets. Copies the question from `message`, letter case included. */
  begin(message: Uint8Array, out: Uint8Array, limit: number): void {
    this.truncated = false;
    this.opt.reset();
    this.#message.out = out;
    this.#message.limit = limit;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.owner = HEADER;
    this.#message.at = HEADER;
    this.#message.copy(message, HEADER, this.#query.questionEnd);
  }

  /** The memory that is written to. */
  get out(): Uint8Array {
    return this.#message.out;
  }

  /** Octets left for records and the OPT record. */
  get room(): number {
    return this.#message.limit - this.#message.at;
  }

  fits(octets: number): boolean {
    this.#reserve();
    return this.#message.fits(octets);
  }

  /** Appends an SOA record with a pointer to its owner at `owner`. If it does not fit, truncates. */
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

  /** Selects the RRset that `rrset` will write to the answer section. */
  select(shard: Shard, entry: number, rrset: number, ttl: number): void {
    this.#reserve();
    this.selected = isPrepared(shard.words[rrset]) ? this.#prepared : this.#rrsets;
    this.selected.select(shard, entry, rrset, ttl);
  }

  /** Appends `count` records of the selected RRset to the answer section. */
  rrset(count: number): void {
    this.selected.write(count, this.owner);
    this.answers += count;
  }

  /**
   * Appends the selected CNAME record, and makes the name that it points to the owner of the records that follow.
   *
   * @returns the index in the message of that name; 0, and the answer is truncated, if the record does not fit
   */
  ownAlias(): number {
    if (this.#prepared.fitting() === 0) {
      this.truncate();
      return 0;
    }
    this.rrset(1);
    this.owner = this.#prepared.targetAt;
    return this.owner;
  }

  /**
   * Appends a record without compression, but for an owner that is the current one.
   *
   * @param owner in wire form; absent for the current one
   * @returns the index in the message of its RDATA; 0, and TC is set, if it does not fit
   */
  whole(
    { type, ttl, rdata }: Omit<ExpandedRecord, "owner">,
    owner: Uint8Array | undefined,
    authority: boolean,
  ): number {
    const message = this.#message;
    if (!this.fits((owner?.length ?? POINTER_SIZE) + RECORD_FIXED + rdata.length)) {
      this.truncated = true;
      return 0;
    }
    if (owner) message.copy(owner, 0, owner.length);
    else message.pointer(this.owner);
    if (authority) this.#authorities++;
    else this.answers++;
    return this.#rest(type, CLASS.IN, ttl, rdata);
  }

  /**
   * Appends the selected NS records to the authority section, and the addresses that are needed to reach these servers. If they do
   * not fit, sets TC (RFC 9471 §2.1).
   *
   * @param owner index in the message of their name
   */
  referral(owner: number, snapshot: Snapshot): void {
    const { total } = this.#prepared;
    if (this.#prepared.fitting() === total) {
      this.#prepared.write(total, owner);
      this.#authorities += total;
      this.#glue.isIncomplete = false;
      this.glue(snapshot);
      this.truncated = this.#glue.isIncomplete;
    } else this.truncate();
  }

  /** Appends the addresses of the targets of the records that `rrset` has written, to the additional section. */
  glue(snapshot: Snapshot): void {
    this.#additionals += this.selected.glue(snapshot);
  }

  /** Sets TC and removes all records (RFC 2181 §9): the client asks again over TCP. */
  truncate(): void {
    this.truncated = true;
    this.answers = 0;
    this.#authorities = 0;
    this.#additionals = 0;
    this.#message.at = this.#query.questionEnd;
  }

  /** Appends a record for the question's name to the answer section. If it does not fit, truncates. */
  record(type: number, dnsClass: number, ttl: number, rdata: Uint8Array): void {
    const message = this.#message;
    if (!this.fits(POINTER_SIZE + RECORD_FIXED + rdata.length)) {
      this.truncate();
      return;
    }
    message.pointer(HEADER);
    this.#rest(type, dnsClass, ttl, rdata);
    this.answers++;
  }

  /** Appends everything of a record but its owner. Returns the index in the message of its RDATA. */
  #rest(type: number, dnsClass: number, ttl: number, rdata: Uint8Array): number {
    const message = this.#message;
    message.at = writeUint32(message.out, message.at, (type << 16) | dnsClass);
    message.at = writeUint32(message.out, message.at, ttl);
    message.at = writeUint16(message.out, message.at, rdata.length);
    const { at } = message;
    message.copy(rdata, 0, rdata.length);
    return at;
  }

  /**
   * Appends the records of an upstream's reply, without the additional section if that does not fit. If the rest does not fit
   * either, truncates; if addresses were asked for, the answer still has as many records as fit.
   *
   * @param age see `writeRecords`
   */
  reply(reply: Reply, age: number): void {
    const whole = this.fits(reply.end);
    const rotation = reply.runLength > 1 ? this.#random() : 0;
    if (!whole && !this.fits(reply.additionalAt)) {
      this.truncate();
      if (reply.runLength > 1 && isAddress(this.#query.type)) this.#addressesOf(reply, age, rotation);
      return;
    }
    this.#records(reply, whole ? reply.end : reply.additionalAt, age, rotation);
    this.truncated = reply.truncated;
    this.answers = reply.answers;
    this.#authorities = reply.authorities;
    if (whole) this.#additionals = reply.additionals;
  }

  /** Appends as many records of the answer section as fit. As the addresses rotate, it is a random part of them. */
  #addressesOf(reply: Reply, age: number, rotation: number): void {
    while (this.answers < reply.answers && this.fits(recordEnd(reply, this.answers))) this.answers++;
    if (this.answers > 0) this.#records(reply, recordEnd(reply, this.answers - 1), age, rotation);
  }

  /**
   * Appends those answers of an upstream's reply that lead to the name of a link, and makes that name the owner of the records
   * that follow. If they do not fit, truncates.
   *
   * @returns whether they fit
   */
  alias(reply: Reply, link: AliasLink, age: number): boolean {
    const size = recordEnd(reply, link.records - 1);
    if (!this.fits(size)) {
      this.truncate();
      return false;
    }
    this.owner = this.#query.questionEnd + link.at;
    this.#records(reply, size, age, 0);
    this.answers = link.records;
    return true;
  }

  /** Whether a compression pointer can reach the name of a link. */
  canPointTo(link: AliasLink): boolean {
    return this.#query.questionEnd + link.at <= MAX_POINTER;
  }

  #records(reply: Reply, size: number, age: number, rotation: number): void {
    const message = this.#message;
    message.at = writeRecords(reply, size, message.out, message.at, { age, rotation });
  }

  /** Appends an SOA record with its owner uncompressed to the authority section, if it fits. */
  namedSoa(owner: Uint8Array, soa: Uint8Array): void {
    if (!this.fits(owner.length + soa.length)) return;
    this.#message.copy(owner, 0, owner.length);
    this.#message.copy(soa, 0, soa.length);
    this.#authorities++;
  }

  /** Writes the OPT record behind the records, if the query has one. @param payload UDP payload size to offer */
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

  /** Reserves room for the OPT record, whose size depends on the options set so far. */
  #reserve(): void {
    this.#message.reserved = this.#query.opt.present ? this.opt.size : 0;
  }
}
