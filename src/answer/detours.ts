import { HEADER, RCODE, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { ApexRecords } from "../zone/apex.js";
import { ALIAS_FLAG, BELOW_CUT_FLAG, CUT_FLAG, WILDCARD_FLAG } from "../zone/layout.js";
import { entryWord, type Shard, type Snapshot } from "../zone/snapshot.js";
import type { MessageWriter } from "./message-writer.js";
import { findRrset } from "./rrset.js";
import { closestZone, type NameParts, SoughtName } from "./sought-name.js";

/** Returned instead of an rcode: the name that is the end of the aliases so far is in no zone. */
export const ALIASED = -2;

/** The flags of an entry that does not answer for itself. */
export const DETOUR_FLAGS = ALIAS_FLAG | CUT_FLAG | BELOW_CUT_FLAG;

/** In place of the index of a name in the message: it does not stand there in one piece. */
export const NOWHERE = 0;
/** CNAME records in one answer. */
const MAX_LINKS = 8;
/** Internal: go on with the name that the alias leads to. */
const ON = -3;

/** Answers with the records of an entry. */
export interface EntryAnswers {
  readonly snapshot: Snapshot;
  /** Answers with what the entry of a name has for the question's type. @param place index of the name in the message */
  fromEntry(shard: Shard, entry: number, name: NameParts, place: number): number;
  /** Answers NODATA or NXDOMAIN. */
  negative(zone: ApexRecords, rcode: number, name: NameParts, place: number): number;
}

/** Answers where a name's entry is not the whole answer: aliases, wildcards and delegations (RFC 1034 §4.3.2, RFC 4592). */
export class Detours {
  /** The name that is looked for, or was looked for last. */
  readonly name = new SoughtName();
  /** Whether the last answer refers to the servers of a delegated zone without any record of its own. */
  isReferral = false;
  readonly #query: Query;
  readonly #writer: MessageWriter;
  readonly #entries: EntryAnswers;
  /** The entries of the CNAME records written. */
  readonly #links = new Int32Array(MAX_LINKS);
  #count = 0;

  constructor(query: Query, writer: MessageWriter, entries: EntryAnswers) {
    this.#query = query;
    this.#writer = writer;
    this.#entries = entries;
  }

  /** Answers the query. @returns the rcode, or `ALIASED` */
  answer(): number {
    this.name.set(this.#query.name, 0, HEADER);
    this.#count = 0;
    return this.#follow();
  }

  /** Goes on with a name behind CNAME records that stand in the answer already. @param place its index in the message, or `NOWHERE` */
  goOn(name: Uint8Array, place: number): number {
    this.name.set(name, 0, place);
    return this.#follow();
  }

  #follow(): number {
    this.isReferral = false;
    let rcode = this.#step();
    while (rcode === ON) rcode = this.#step();
    return rcode;
  }

  #step(): number {
    const { name } = this;
    const { snapshot } = this.#entries;
    const found = name.find(snapshot, 0);
    if (found !== 0) return this.#found(found);
    const zone = closestZone(snapshot, name);
    if (!zone) return ALIASED;
    return zone.apex.answers.seeksEnclosers ? this.#absent(zone) : this.#nameError(zone);
  }

  /** Answers for a name that is not there, by the closest one above it that is (RFC 4592 §3.3.1). */
  #absent(zone: ApexRecords): number {
    const { name } = this;
    const { snapshot } = this.#entries;
    let label = name.labels - zone.labels;
    let encloser = 0;
    // From the apex down: every name above one that is there is there too.
    for (let found = name.find(snapshot, label); found !== 0; found = name.find(snapshot, label - 1)) {
      if (encloser !== 0) label--;
      encloser = found;
      if ((flagsOf(snapshot, encloser) & CUT_FLAG) !== 0) return this.#refer(label);
    }
    const isWild = encloser !== 0 && (flagsOf(snapshot, encloser) & WILDCARD_FLAG) !== 0;
    const wildcard = isWild ? name.findWildcard(snapshot, label) : 0;
    return wildcard === 0 ? this.#nameError(zone) : this.#found(wildcard);
  }

  #nameError(zone: ApexRecords): number {
    return this.#entries.negative(zone, RCODE.NXDOMAIN, this.name, this.name.place);
  }

  /** Answers with an entry: the name's own, or that of the wildcard that stands for it. */
  #found(found: number): number {
    const { type } = this.#query;
    const shard = this.#entries.snapshot.shardAt(found);
    const entry = entryWord(found);
    const flags = shard.words[entry];
    if ((flags & BELOW_CUT_FLAG) !== 0) return this.#refer(0);
    // The DS RRset of a delegated zone is in the zone above (RFC 4035 §2.4).
    if ((flags & CUT_FLAG) !== 0 && type !== TYPE.DS) return this.#refer(0);
    const isAlias = (flags & ALIAS_FLAG) !== 0 && type !== TYPE.CNAME && type !== TYPE.ANY;
    return isAlias
      ? this.#alias(shard, entry, found)
      : this.#entries.fromEntry(shard, entry, this.name, this.name.place);
  }

  #alias(shard: Shard, entry: number, found: number): number {
    const writer = this.#writer;
    for (let i = 0; i < this.#count; i++) if (this.#links[i] === found) return RCODE.NOERROR;
    if (this.#count === MAX_LINKS) return RCODE.NOERROR;
    this.#links[this.#count++] = found;
    const { ttl } = this.#entries.snapshot.zoneAt(shard, entry);
    writer.select(shard, entry, findRrset(shard.words, entry, TYPE.CNAME), ttl);
    const place = writer.ownAlias();
    if (place === 0) return RCODE.NOERROR;
    this.name.set(writer.out, place, place);
    return ON;
  }

  /** Answers with the servers of the highest delegated name from this label of the name on. */
  #refer(label: number): number {
    const { name } = this;
    const { snapshot } = this.#entries;
    // Behind a resolver's CNAME records: whoever follows them asks for the last name here, and gets its referral.
    if (name.place === NOWHERE) return RCODE.NOERROR;
    for (let at = label; at < name.labels; at++) {
      const found = name.find(snapshot, at);
      if (found === 0) continue;
      const shard = snapshot.shardAt(found);
      const entry = entryWord(found);
      const flags = shard.words[entry];
      if ((flags & BELOW_CUT_FLAG) !== 0 || (flags & CUT_FLAG) === 0) continue;
      this.isReferral = this.#writer.answers === 0;
      this.#writer.select(shard, entry, findRrset(shard.words, entry, TYPE.NS), snapshot.zoneAt(shard, entry).ttl);
      this.#writer.referral(name.place + name.labelAt[at], snapshot);
      return RCODE.NOERROR;
    }
    return RCODE.SERVFAIL;
  }
}

function flagsOf(snapshot: Snapshot, found: number): number {
  return snapshot.shardAt(found).words[entryWord(found)];
}
