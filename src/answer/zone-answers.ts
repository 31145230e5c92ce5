import { EDE, HEADER, MIN_UDP_PAYLOAD, RCODE, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { ApexRecords } from "../zone/apex.js";
import { entryWord, isApex, rrsetCount, rrsetWord, type Shard, type Snapshot } from "../zone/snapshot.js";
import { DETOUR_FLAGS, Detours, type EntryAnswers, NOWHERE } from "./detours.js";
import type { MessageWriter } from "./message-writer.js";
import { findRrset, hasGlue, isAddress, typeOf } from "./rrset.js";
import { closestZone, type NameParts, type SoughtName, wireName } from "./sought-name.js";

/** Returned instead of an rcode: the question's name is in no zone. */
export const OUTSIDE = -1;

/** Answers from the snapshot's zones: writes records and returns the rcode. The caller finishes the message. */
export class ZoneAnswers implements EntryAnswers {
  snapshot: Snapshot;
  /** Identifies the snapshot in objects that may outlive it, which must not keep it in memory. */
  token = {};
  /** The snapshot is older than allowed: answers from it say so (EDE 3). */
  stale = false;
  /** Whether the answer came from one of the zones. */
  authoritative = false;
  /** The answer is incomplete without saying so: the records are more than a message can hold. */
  partial = false;
  readonly #query: Query;
  readonly #writer: MessageWriter;
  readonly #detours: Detours;
  #stream = false;
  #setsTruncateBit = true;

  constructor(query: Query, writer: MessageWriter, snapshot: Snapshot) {
    this.#query = query;
    this.#writer = writer;
    this.snapshot = snapshot;
    this.#detours = new Detours(query, writer, this);
  }

  /** Uses this snapshot for later answers. */
  use(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.token = {};
  }

  /** Starts an answer. @param setsTruncateBit whether a datagram that does not hold all records has TC set */
  begin(stream: boolean, setsTruncateBit: boolean): void {
    this.authoritative = false;
    this.partial = false;
    this.#detours.isReferral = false;
    this.#stream = stream;
    this.#setsTruncateBit = setsTruncateBit;
  }

  /** Whether the answer is a referral, for which the servers of another zone are authoritative. */
  get isReferral(): boolean {
    return this.#detours.isReferral;
  }

  /** After `ALIASED`: the name outside that the CNAME records lead to. */
  get sought(): SoughtName {
    return this.#detours.name;
  }

  /** Whether that is this name, in lower-case wire form. */
  seeks(name: Uint8Array): boolean {
    const sought = wireName(this.sought);
    return sought.length === name.length && sought.every((octet, i) => octet === name[i]);
  }

  /** Answers the query. @returns the rcode, `OUTSIDE` or `ALIASED` */
  lookUp(): number {
    const query = this.#query;
    const found = this.snapshot.find(query.nameWords, 0, query.nameLength, query.hash);
    if (found === 0) return this.#absent();
    this.authoritative = true;
    if (this.stale) this.#writer.opt.ede = EDE.STALE_ANSWER;
    const shard = this.snapshot.shardAt(found);
    const entry = entryWord(found);
    if ((shard.words[entry] & DETOUR_FLAGS) !== 0) return this.#detours.answer();
    return this.fromEntry(shard, entry, query, HEADER);
  }

  /** Whether the client takes no more than every one takes over UDP (RFC 1035 §4.2.1). */
  get #isSmall(): boolean {
    const { opt } = this.#query;
    return !this.#stream && (!opt.present || opt.payload <= MIN_UDP_PAYLOAD);
  }

  fromEntry(shard: Shard, entry: number, name: NameParts, place: number): number {
    const { type } = this.#query;
    if (type === TYPE.ANY) return this.#any(shard, entry);
    const rrset = findRrset(shard.words, entry, type);
    if (rrset !== 0) {
      this.append(shard, entry, rrset);
      return RCODE.NOERROR;
    }
    const zone = this.snapshot.zoneAt(shard, entry);
    return type === TYPE.SOA && isApex(shard.words, entry) && place !== NOWHERE
      ? this.#soa(zone, place)
      : this.negative(zone, this.#isUnseen(zone, shard, entry, name) ? RCODE.NXDOMAIN : RCODE.NOERROR, name, place);
  }

  /** Whether the zone answers for a name without records as if it was not there (`AnswerRules.emptyNameLabels`). */
  #isUnseen({ apex, labels }: ApexRecords, { words }: Shard, entry: number, name: NameParts): boolean {
    const { emptyNameLabels } = apex.answers;
    return emptyNameLabels !== undefined && name.labels - labels > emptyNameLabels && rrsetCount(words, entry) === 0;
  }

  /**
   * Goes on with a name that the question's is an alias of, behind the CNAME records that are in the answer.
   *
   * @param place index of the name in the message, or `NOWHERE` if it does not stand there in one piece
   * @returns the rcode, or `ALIASED`
   */
  goOn(name: Uint8Array, place: number): number {
    return this.#detours.goOn(name, place);
  }

  /** Answers AXFR and IXFR where no zones are transferred. @returns the rcode */
  refuseTransfer(): number {
    const zone = closestZone(this.snapshot, this.#query);
    if (!zone || this.#query.labels !== zone.labels) return RCODE.NOTAUTH;
    // AXFR is not defined over UDP (RFC 5936 §4.2).
    if (this.#query.type === TYPE.AXFR && !this.#stream) return RCODE.FORMERR;
    this.#writer.opt.ede = EDE.PROHIBITED;
    return RCODE.REFUSED;
  }

  /** Appends an RRset and its glue. Over UDP, sets TC if it does not fit: the client asks again over TCP (RFC 2181 §9). */
  append(shard: Shard, entry: number, rrset: number): void {
    const writer = this.#writer;
    const { ttl, apex } = this.snapshot.zoneAt(shard, entry);
    const { answers } = apex;
    writer.select(shard, entry, rrset, ttl);
    const { selected } = writer;
    if (!answers.keepsOrder) selected.rotate();
    let count = selected.fitting();
    if (this.#isSmall) count = Math.min(count, answers.plainUdpLimit ?? count);
    const isWhole = count === selected.total;
    // Over TCP the client cannot ask again for more: as many records as a message can hold is the best answer.
    this.partial = this.#stream && !isWhole;
    // An answer without any record would say that there are none.
    if (!isWhole && !this.#stream && this.#setsTruncateBit && !(answers.cutsSilently && count > 0)) {
      writer.truncated = true;
      // Some resolvers never ask again over TCP, such as musl in Alpine up to 3.17. They can use any address.
      if (!isAddress(this.#query.type)) return;
    }
    writer.rrset(count);
    if (hasGlue(shard.words[rrset])) writer.glue(this.snapshot);
  }

  #absent(): number {
    const zone = closestZone(this.snapshot, this.#query);
    if (!zone) return OUTSIDE;
    if (!this.snapshot.ready) {
      this.#writer.opt.ede = EDE.NOT_READY;
      return RCODE.SERVFAIL;
    }
    if (this.stale) this.#writer.opt.ede = EDE.STALE_NXDOMAIN_ANSWER;
    this.authoritative = true;
    if (zone.apex.answers.seeksEnclosers) return this.#detours.answer();
    return this.negative(zone, RCODE.NXDOMAIN, this.#query, HEADER);
  }

  /** Answers NODATA or NXDOMAIN, with the SOA in the authority section (RFC 2308 §2). */
  negative(zone: ApexRecords, rcode: number, name: NameParts, place: number): number {
    const { labels, labelAt } = name;
    if (place === NOWHERE) this.#writer.namedSoa(zone.apex.scattered ? wireName(name) : zone.name, zone.negativeSoa);
    else this.#writer.soa(zone.negativeSoa, zone.apex.scattered ? place : place + labelAt[labels - zone.labels], true);
    return rcode;
  }

  /** @param place index of the apex's name in the message */
  #soa(zone: ApexRecords, place: number): number {
    this.authoritative = true;
    if (this.#query.opt.expire) this.#writer.opt.expire = zone.apex.soa.expire;
    this.#writer.soa(zone.soa, place, false);
    return RCODE.NOERROR;
  }

  /** Answers ANY: with one RRset in a datagram, with all of them over a stream (RFC 8482 §4.1, §4.4). */
  #any(shard: Shard, entry: number): number {
    const { words } = shard;
    const writer = this.#writer;
    const sets = rrsetCount(words, entry);
    const zone = this.snapshot.zoneAt(shard, entry);
    const apex = isApex(words, entry);
    if (!apex && sets === 0) {
      const isUnseen = this.#isUnseen(zone, shard, entry, this.#query);
      return this.negative(zone, isUnseen ? RCODE.NXDOMAIN : RCODE.NOERROR, this.#query, HEADER);
    }
    if (!this.#stream) {
      if (apex) return this.#soa(zone, HEADER);
      this.append(shard, entry, rrsetWord(entry, 0));
      return RCODE.NOERROR;
    }
    if (apex) writer.soa(zone.soa, HEADER, false);
    const omitsSrv = zone.apex.answers.anyOmitsSrv && sets > 1;
    for (let i = 0; i < sets; i++) {
      if (omitsSrv && typeOf(words, rrsetWord(entry, i)) === TYPE.SRV) continue;
      writer.select(shard, entry, rrsetWord(entry, i), zone.ttl);
      const count = writer.selected.fitting();
      writer.rrset(count);
      if (count < writer.selected.total) this.partial = true;
    }
    return RCODE.NOERROR;
  }
}
