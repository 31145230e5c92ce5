import { NO_OPTIONS } from "../wire/edns.js";
import {
  CLASS,
  EDE,
  HEADER,
  MAX_MESSAGE,
  MAX_UDP_QUERY,
  MIN_UDP_PAYLOAD,
  OPCODE,
  RCODE,
  TYPE,
} from "../wire/protocol.js";
import { Query, VERDICT, type Verdict } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { badKeyRecord } from "../wire/tsig.js";
import type { ApexRecords } from "../zone/apex.js";
import { entryWord, isApex, rrsetCount, rrsetWord, type Shard, type Snapshot } from "../zone/snapshot.js";
import { chaosAnswer } from "./chaos.js";
import { characterString, type LocalAnswer } from "./local-names.js";
import { MessageWriter } from "./message-writer.js";
import { firstOwnName, type OwnName, ownerOfSoa } from "./own-name.js";
import type { AnswerPolicy } from "./policy.js";
import type { Channel, Client, Request } from "./request.js";
import { findRrset, hasGlue, isAddress } from "./rrset.js";

const AD = 0x20;
const CD = 0x10;

/** `answer` returns the length of the answer, or one of these. */
export const DROP = 0;
/** The name is nobody's here: the caller forwards the query. */
export const FORWARD = -1;

export interface AnswererParts {
  readonly snapshot: Snapshot;
  readonly policy: AnswerPolicy;
  /** Returns unsigned 32-bit integers. */
  readonly random: () => number;
  /** Seconds since the epoch, for cookies. */
  readonly clock: () => number;
}

/**
 * The one function between a query's octets and an answer's: synchronous, without I/O or allocation. Clock and randomness
 * (which record comes first) are passed in. What was asked and answered stays readable until the next call, for those
 * who count.
 */
export class Answerer {
  readonly query = new Query();
  rcode: number = RCODE.NOERROR;
  /** Whether the answer came from one of the snapshot's zones. */
  authoritative = false;
  /** The answer has some of the records only, and nothing in it says so: they are more than a message can hold. */
  partial = false;
  /** The client showed a cookie that it got from this server (or one that shares its secret): its address is its own. */
  trusted = false;
  /** The records are older than allowed: answers say so (EDE 3). */
  stale = false;

  #snapshot: Snapshot;
  /** Stands for the snapshot in what may outlive it. */
  #zones = {};
  #policy: AnswerPolicy;
  readonly #parts: AnswererParts;
  readonly #writer: MessageWriter;
  #client: Client = NOBODY;
  #stream = false;

  constructor(parts: AnswererParts) {
    this.#parts = parts;
    this.#snapshot = parts.snapshot;
    this.#policy = parts.policy;
    this.#writer = new MessageWriter(this.query, parts.random);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether the last answer was cut short. */
  get truncated(): boolean {
    return this.#writer.truncated;
  }

  /** Whether the last answer has records in its answer section. */
  get hasAnswers(): boolean {
    return this.#writer.answers > 0;
  }

  /** Later answers come from this snapshot. */
  use(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#zones = {};
  }

  configure(policy: AnswerPolicy): void {
    this.#policy = policy;
  }

  /**
   * Answers one message.
   *
   * @returns the answer's length in the request's `out`, `DROP` or `FORWARD`
   */
  answer(request: Request): number {
    const { message, length, client, channel } = request;
    // Of a datagram that is longer than there is room for, nothing but the header is to be relied on.
    const whole = channel.stream || length <= MAX_UDP_QUERY;
    const verdict = this.#begin(request, whole ? length : HEADER);
    if (verdict === VERDICT.DROP) return DROP;
    if (!client.mayQuery) return this.#prohibit();
    if (verdict !== VERDICT.OK) return this.#answerOther(verdict, message, length);
    const { type } = this.query;
    return type === TYPE.AXFR || type === TYPE.IXFR ? this.#transfer() : this.#lookUp();
  }

  /** Answers a message with an rcode and an extended error alone: what to say when forwarding it failed. */
  fail(request: Request, rcode: number, ede: number): number {
    if (this.#begin(request, request.length) === VERDICT.DROP) return DROP;
    this.#writer.opt.ede = ede;
    return this.#finish(rcode);
  }

  /**
   * Answers a message with TC and nothing else: what to say where the whole answer is too large for the client, or would
   * be one too many.
   */
  cut(request: Request, rcode: number): number {
    if (this.#begin(request, request.length) === VERDICT.DROP) return DROP;
    this.#writer.truncate();
    return this.#finish(rcode);
  }

  /** Begins the answer to a message anew, of which `answer` said before that it is to be forwarded; `relay` ends it. */
  resume(request: Request): void {
    this.#begin(request, request.length);
  }

  /**
   * Answers the message that `answer` has just called one to be forwarded, or `resume` has begun, with what an upstream
   * replied.
   *
   * @param age seconds since then, which its TTLs lose; negative for a reply that is past its time (RFC 8767)
   */
  relay(reply: Reply, age: number): number {
    const { query } = this;
    const { opt } = this.#writer;
    const isNegative = reply.rcode === RCODE.NXDOMAIN;
    if (age < 0) opt.ede = isNegative ? EDE.STALE_NXDOMAIN_ANSWER : EDE.STALE_ANSWER;
    if (this.#follow(reply, age)) {
      this.#writer.finishOpt(this.rcode, this.#policy.maxUdpPayload);
      return this.#writer.finish(this.rcode, false, this.#isRecursionAvailable(), query.checkingDisabled ? CD : 0);
    }
    opt.passed = reply.options;
    // Records are what was asked for.
    if (!this.#writer.fits(reply.additionalAt)) opt.passed = NO_OPTIONS;
    this.#writer.reply(reply, age);
    this.rcode = reply.rcode;
    this.#writer.finishOpt(reply.rcode, this.#policy.maxUdpPayload);
    const validated = reply.authenticated && (query.authenticData || query.opt.dnssecOk);
    const flags = (validated ? AD : 0) | (query.checkingDisabled ? CD : 0);
    return this.#writer.finish(reply.rcode, false, this.#isRecursionAvailable(), flags);
  }

  /**
   * Answers with a reply whose CNAME records lead into one of the zones: as far as that, and with what there is. What the upstream says
   * of the zone's name, and of what that may have been an alias of, counts for nothing. False where they lead elsewhere.
   */
  #follow(reply: Reply, age: number): boolean {
    const { chain, rcode } = reply;
    if (!chain || chain.strangerTo === this.#zones) return false;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return false;
    const own = firstOwnName(chain, this.#snapshot);
    if (own) this.rcode = this.#alias(reply, own, age);
    else chain.strangerTo = this.#zones;
    return own !== undefined;
  }

  /** @returns the rcode */
  #alias(reply: Reply, own: OwnName, age: number): number {
    const { link, found, zone } = own;
    const snapshot = this.#snapshot;
    const writer = this.#writer;
    if (!snapshot.ready) {
      writer.opt.ede = EDE.NOT_READY;
      return RCODE.SERVFAIL;
    }
    // Nobody sends an alias behind what it leads to; without it there is nothing that could be said.
    if (link.records === 0 || !writer.reaches(link)) return RCODE.SERVFAIL;
    if (!writer.alias(reply, link, age)) return RCODE.NOERROR;
    if (this.stale) writer.opt.ede = EDE.STALE_ANSWER;
    if (zone) {
      writer.namedSoa(zone.name, zone.negativeSoa);
      return RCODE.NXDOMAIN;
    }
    const shard = snapshot.shardAt(found);
    const entry = entryWord(found);
    const rrset = findRrset(shard.words, entry, this.query.type);
    const apex = snapshot.zoneAt(shard, entry);
    if (rrset !== 0) this.#append(shard, entry, rrset);
    else writer.namedSoa(ownerOfSoa(apex, own), apex.negativeSoa);
    return RCODE.NOERROR;
  }

  /** Octets of an answer that this client takes over this channel. */
  limit(channel: Channel): number {
    const { opt } = this.query;
    if (channel.stream) return MAX_MESSAGE;
    if (!opt.present) return MIN_UDP_PAYLOAD;
    return Math.max(MIN_UDP_PAYLOAD, Math.min(opt.payload, this.#policy.maxUdpPayload));
  }

  /** @param length octets of the message that are read */
  #begin({ message, out, client, channel }: Request, length: number): Verdict {
    const { query } = this;
    const verdict = query.read(message, length, this.#snapshot.seed);
    this.authoritative = false;
    this.partial = false;
    this.trusted = false;
    this.#client = client;
    this.#stream = channel.stream;
    if (verdict === VERDICT.DROP) return verdict;
    this.#writer.begin(message, out, this.limit(channel));
    if (query.opt.present) this.#beginOpt(message, client, channel);
    return verdict;
  }

  /** The options of the answer that depend on the query's alone. */
  #beginOpt(message: Uint8Array, client: Client, channel: Channel): void {
    const asked = this.query.opt;
    const reply = this.#writer.opt;
    const { cookies, identity } = this.#policy;
    if (cookies && asked.cookieAt >= 0) {
      const now = this.#parts.clock();
      this.trusted = cookies.isGood(message, asked.cookieAt, asked.cookieLength, client.octets, now);
      reply.setCookie(cookies, message, asked.cookieAt, this.trusted, client.octets, now);
    }
    if (asked.keepalive) reply.keepalive = channel.keepalive;
    if (asked.nsid) reply.setNsid(identity.id, this.#writer.room);
    reply.padded = asked.padding && channel.encrypted;
  }

  /** Answers what is no question in class IN. */
  #answerOther(verdict: Verdict, message: Uint8Array, length: number): number {
    switch (verdict) {
      case VERDICT.OPCODE:
        return this.#finish(this.query.opcode === OPCODE.NOTIFY ? RCODE.NOTAUTH : RCODE.NOTIMP);
      case VERDICT.BAD_VERSION:
        return this.#finish(RCODE.BADVERS);
      case VERDICT.CLASS:
        return this.#chaos();
      case VERDICT.COOKIE_ONLY:
        return this.#finish(RCODE.NOERROR);
      case VERDICT.SIGNED:
        return this.#badKey(message, length);
      default:
        return this.#finish(RCODE.FORMERR);
    }
  }

  #prohibit(): number {
    this.#writer.opt.ede = EDE.PROHIBITED;
    return this.#finish(RCODE.REFUSED);
  }

  #chaos(): number {
    const { query } = this;
    const isText = query.type === TYPE.TXT || query.type === TYPE.ANY;
    if (query.class !== CLASS.CH || !isText) return this.#finish(RCODE.REFUSED);
    const text = chaosAnswer(query.name, query.nameLength, this.#policy.identity);
    if (!text) return this.#finish(RCODE.REFUSED);
    this.authoritative = true;
    this.#writer.record(TYPE.TXT, CLASS.CH, 0, characterString(text));
    return this.#finish(RCODE.NOERROR);
  }

  #badKey(message: Uint8Array, length: number): number {
    const record = badKeyRecord(message, this.query.tsigAt, length);
    if (!record) return this.#finish(RCODE.FORMERR);
    this.rcode = RCODE.NOTAUTH;
    this.#writer.finishOpt(RCODE.NOTAUTH, this.#policy.maxUdpPayload);
    if (this.#writer.fits(record.length)) this.#writer.additional(record);
    return this.#writer.finish(RCODE.NOTAUTH, false, this.#isRecursionAvailable());
  }

  /** Zones are not transferred; over UDP an IXFR is told the serial, from which it sees that (RFC 1995 §2). */
  #transfer(): number {
    const zone = this.#zone();
    if (!zone || this.query.labels !== zone.labels) return this.#finish(RCODE.NOTAUTH);
    if (this.#stream) return this.#finish(RCODE.REFUSED);
    if (this.query.type === TYPE.AXFR) return this.#finish(RCODE.FORMERR);
    return this.#soa(zone);
  }

  #lookUp(): number {
    const query = this.query;
    const found = this.#snapshot.find(query.nameWords, 0, query.nameLength, query.hash);
    if (found === 0) return this.#absent();
    this.authoritative = true;
    if (this.stale) this.#writer.opt.ede = EDE.STALE_ANSWER;
    const shard = this.#snapshot.shardAt(found);
    const entry = entryWord(found);
    if (query.type === TYPE.ANY) return this.#any(shard, entry);
    const rrset = findRrset(shard.words, entry, query.type);
    if (rrset !== 0) return this.#positive(shard, entry, rrset);
    const zone = this.#snapshot.zoneAt(shard, entry);
    return query.type === TYPE.SOA && isApex(shard.words, entry)
      ? this.#soa(zone)
      : this.#negative(zone, RCODE.NOERROR);
  }

  #absent(): number {
    const zone = this.#zone();
    if (!zone) return this.#outside();
    if (!this.#snapshot.ready) {
      this.#writer.opt.ede = EDE.NOT_READY;
      return this.#finish(RCODE.SERVFAIL);
    }
    if (this.stale) this.#writer.opt.ede = EDE.STALE_NXDOMAIN_ANSWER;
    return this.#negative(zone, RCODE.NXDOMAIN);
  }

  #outside(): number {
    const { forwarding, localNames } = this.#policy;
    if (!forwarding) {
      this.#writer.opt.ede = EDE.NOT_AUTHORITATIVE;
      return this.#finish(RCODE.REFUSED);
    }
    const local = localNames.answer(this.query);
    if (local) return this.#local(local);
    return this.#client.mayRecurse ? FORWARD : this.#prohibit();
  }

  /** A name that never leaves this server (RFC 6303, 6761, 7686). */
  #local({ rcode, rdata, ttl, soa, soaLabels }: LocalAnswer): number {
    const { query } = this;
    this.authoritative = true;
    if (rdata) this.#writer.record(query.type, CLASS.IN, ttl, rdata);
    else this.#writer.soa(soa, HEADER + query.labelAt[query.labels - soaLabels], true);
    return this.#finish(rcode);
  }

  /** The zone that the question's name is in. */
  #zone(): ApexRecords | undefined {
    const zones = this.#snapshot.zones;
    for (let i = 0; i < zones.length; i++) if (!zones[i].apex.scattered && this.#isInside(zones[i])) return zones[i];
    return undefined;
  }

  #isInside(zone: ApexRecords): boolean {
    const query = this.query;
    if (query.labels < zone.labels) return false;
    const at = query.labelAt[query.labels - zone.labels];
    if (query.nameLength - at !== zone.name.length) return false;
    for (let i = 0; i < zone.name.length; i++) if (query.name[at + i] !== zone.name[i]) return false;
    return true;
  }

  /** NODATA and NXDOMAIN: the apex SOA in the authority section (RFC 2308 §2). */
  #negative(zone: ApexRecords, rcode: number): number {
    const query = this.query;
    this.authoritative = true;
    const owner = zone.apex.scattered ? HEADER : HEADER + query.labelAt[query.labels - zone.labels];
    this.#writer.soa(zone.negativeSoa, owner, true);
    return this.#finish(rcode);
  }

  #soa(zone: ApexRecords): number {
    this.authoritative = true;
    if (this.query.opt.expire) this.#writer.opt.expire = zone.apex.soa.expire;
    this.#writer.soa(zone.soa, HEADER, false);
    return this.#finish(RCODE.NOERROR);
  }

  #positive(shard: Shard, entry: number, rrset: number): number {
    this.#append(shard, entry, rrset);
    return this.#finish(RCODE.NOERROR);
  }

  /** Appends an RRset and its glue. Over UDP, one that does not fit sets TC: the client asks again over TCP (RFC 2181 §9). */
  #append(shard: Shard, entry: number, rrset: number): void {
    const { words } = shard;
    const writer = this.#writer;
    const total = words[rrset + 1];
    const first = writer.firstOf(total);
    const count = writer.fitting(words, entry, rrset, first);
    // Over TCP there is nowhere to ask again: as much as a message can hold is the best answer there is.
    this.partial = this.#stream && count < total;
    if (count < total && !this.#stream && this.#policy.setTruncateBit) {
      writer.truncated = true;
      // Some never ask again over TCP, and can do with any address: old musl, as in Alpine up to 3.17.
      if (!isAddress(this.query.type)) return;
    }
    writer.rrset(shard, entry, rrset, this.#snapshot.zoneAt(shard, entry).ttl, first, count);
    if (hasGlue(words[rrset])) writer.glue(this.#snapshot, shard, entry, rrset, first, count);
  }

  /** A datagram gets one RRset, a stream all of them (RFC 8482 §4.1, §4.4). */
  #any(shard: Shard, entry: number): number {
    const { words } = shard;
    const sets = rrsetCount(words, entry);
    const zone = this.#snapshot.zoneAt(shard, entry);
    const apex = isApex(words, entry);
    if (!apex && sets === 0) return this.#negative(zone, RCODE.NOERROR);
    if (!this.#stream) return apex ? this.#soa(zone) : this.#positive(shard, entry, rrsetWord(entry, 0));
    if (apex) this.#writer.soa(zone.soa, HEADER, false);
    for (let i = 0; i < sets; i++) {
      const rrset = rrsetWord(entry, i);
      const count = this.#writer.fitting(words, entry, rrset, 0);
      this.#writer.rrset(shard, entry, rrset, zone.ttl, 0, count);
      if (count < words[rrset + 1]) this.partial = true;
    }
    return this.#finish(RCODE.NOERROR);
  }

  #finish(rcode: number): number {
    this.rcode = rcode;
    this.#writer.finishOpt(rcode, this.#policy.maxUdpPayload);
    return this.#writer.finish(rcode, this.authoritative, this.#isRecursionAvailable());
  }

  /** RA: for those who may, where there is any (RFC 1035 §4.1.1). */
  #isRecursionAvailable(): boolean {
    return this.#policy.recursionAvailable && this.#policy.forwarding && this.#client.mayRecurse;
  }
}

const NOBODY: Client = { octets: new Uint8Array(4), mayQuery: false, mayRecurse: false };
