import { EDE, HEADER, RCODE, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { ApexRecords } from "../zone/apex.js";
import { entryWord, isApex, rrsetCount, rrsetWord, type Shard, type Snapshot } from "../zone/snapshot.js";
import type { MessageWriter } from "./message-writer.js";
import { findRrset, hasGlue, isAddress } from "./rrset.js";

/** In place of an rcode: no zone has the question's name. */
export const OUTSIDE = -1;

/** What the snapshot's zones have for a query; says the rcode, and leaves the rest of the message to the caller. */
export class ZoneAnswers {
  snapshot: Snapshot;
  /** Stands for the snapshot in what may outlive it. */
  token = {};
  /** The records are older than allowed: answers say so (EDE 3). */
  stale = false;
  /** Whether the answer came from one of the zones. */
  authoritative = false;
  /** The answer has some of the records only, and nothing in it says so: they are more than a message can hold. */
  partial = false;
  readonly #query: Query;
  readonly #writer: MessageWriter;
  #stream = false;
  #setsTruncateBit = true;

  constructor(query: Query, writer: MessageWriter, snapshot: Snapshot) {
    this.#query = query;
    this.#writer = writer;
    this.snapshot = snapshot;
  }

  /** Later answers come from this snapshot. */
  use(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.token = {};
  }

  /** @param setsTruncateBit whether a datagram that does not hold all says so */
  begin(stream: boolean, setsTruncateBit: boolean): void {
    this.authoritative = false;
    this.partial = false;
    this.#stream = stream;
    this.#setsTruncateBit = setsTruncateBit;
  }

  /** @returns the rcode, or `OUTSIDE` */
  lookUp(): number {
    const query = this.#query;
    const found = this.snapshot.find(query.nameWords, 0, query.nameLength, query.hash);
    if (found === 0) return this.#absent();
    this.authoritative = true;
    if (this.stale) this.#writer.opt.ede = EDE.STALE_ANSWER;
    const shard = this.snapshot.shardAt(found);
    const entry = entryWord(found);
    if (query.type === TYPE.ANY) return this.#any(shard, entry);
    const rrset = findRrset(shard.words, entry, query.type);
    if (rrset !== 0) return this.#positive(shard, entry, rrset);
    const zone = this.snapshot.zoneAt(shard, entry);
    return query.type === TYPE.SOA && isApex(shard.words, entry)
      ? this.#soa(zone)
      : this.#negative(zone, RCODE.NOERROR);
  }

  /** Zones are not transferred; over UDP an IXFR is told the serial, from which it sees that (RFC 1995 §2). */
  transfer(): number {
    const zone = this.#zone();
    if (!zone || this.#query.labels !== zone.labels) return RCODE.NOTAUTH;
    if (this.#stream) return RCODE.REFUSED;
    if (this.#query.type === TYPE.AXFR) return RCODE.FORMERR;
    return this.#soa(zone);
  }

  /** Appends an RRset and its glue. Over UDP, one that does not fit sets TC: the client asks again over TCP (RFC 2181 §9). */
  append(shard: Shard, entry: number, rrset: number): void {
    const writer = this.#writer;
    const { ttl, apex } = this.snapshot.zoneAt(shard, entry);
    const { answers } = apex;
    writer.select(shard, entry, rrset, ttl);
    const { selected } = writer;
    if (!answers.keepsOrder) selected.turn();
    let count = selected.fitting();
    if (!this.#stream && !this.#query.opt.present) count = Math.min(count, answers.plainUdpLimit ?? count);
    const isWhole = count === selected.total;
    // Over TCP there is nowhere to ask again: as much as a message can hold is the best answer there is.
    this.partial = this.#stream && !isWhole;
    if (!isWhole && !this.#stream && this.#setsTruncateBit && !answers.cutsSilently) {
      writer.truncated = true;
      // Some never ask again over TCP, and can do with any address: old musl, as in Alpine up to 3.17.
      if (!isAddress(this.#query.type)) return;
    }
    writer.rrset(count);
    if (hasGlue(shard.words[rrset])) writer.glue(this.snapshot);
  }

  #absent(): number {
    const zone = this.#zone();
    if (!zone) return OUTSIDE;
    if (!this.snapshot.ready) {
      this.#writer.opt.ede = EDE.NOT_READY;
      return RCODE.SERVFAIL;
    }
    if (this.stale) this.#writer.opt.ede = EDE.STALE_NXDOMAIN_ANSWER;
    return this.#negative(zone, RCODE.NXDOMAIN);
  }

  /** The zone that the question's name is in. */
  #zone(): ApexRecords | undefined {
    const { zones } = this.snapshot;
    for (let i = 0; i < zones.length; i++) if (!zones[i].apex.scattered && this.#isInside(zones[i])) return zones[i];
    return undefined;
  }

  #isInside(zone: ApexRecords): boolean {
    const query = this.#query;
    if (query.labels < zone.labels) return false;
    const at = query.labelAt[query.labels - zone.labels];
    if (query.nameLength - at !== zone.name.length) return false;
    for (let i = 0; i < zone.name.length; i++) if (query.name[at + i] !== zone.name[i]) return false;
    return true;
  }

  /** NODATA and NXDOMAIN: the apex SOA in the authority section (RFC 2308 §2). */
  #negative(zone: ApexRecords, rcode: number): number {
    const query = this.#query;
    this.authoritative = true;
    const owner = zone.apex.scattered ? HEADER : HEADER + query.labelAt[query.labels - zone.labels];
    this.#writer.soa(zone.negativeSoa, owner, true);
    return rcode;
  }

  #soa(zone: ApexRecords): number {
    this.authoritative = true;
    if (this.#query.opt.expire) this.#writer.opt.expire = zone.apex.soa.expire;
    this.#writer.soa(zone.soa, HEADER, false);
    return RCODE.NOERROR;
  }

  #positive(shard: Shard, entry: number, rrset: number): number {
    this.append(shard, entry, rrset);
    return RCODE.NOERROR;
  }

  /** A datagram gets one RRset, a stream all of them (RFC 8482 §4.1, §4.4). */
  #any(shard: Shard, entry: number): number {
    const { words } = shard;
    const writer = this.#writer;
    const sets = rrsetCount(words, entry);
    const zone = this.snapshot.zoneAt(shard, entry);
    const apex = isApex(words, entry);
    if (!apex && sets === 0) return this.#negative(zone, RCODE.NOERROR);
    if (!this.#stream) return apex ? this.#soa(zone) : this.#positive(shard, entry, rrsetWord(entry, 0));
    if (apex) writer.soa(zone.soa, HEADER, false);
    for (let i = 0; i < sets; i++) {
      writer.select(shard, entry, rrsetWord(entry, i), zone.ttl);
      const count = writer.selected.fitting();
      writer.rrset(count);
      if (count < writer.selected.total) this.partial = true;
    }
    return RCODE.NOERROR;
  }
}
