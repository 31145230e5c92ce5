import { EDE, RCODE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { entryWord } from "../zone/snapshot.js";
import type { MessageWriter } from "./message-writer.js";
import { firstOwnName, type OwnName, ownerOfSoa } from "./own-name.js";
import { findRrset } from "./rrset.js";
import { OUTSIDE, type ZoneAnswers } from "./zone-answers.js";

/** Answers for names outside the zones that are aliases of names inside them. */
export class AliasAnswers {
  readonly #query: Query;
  readonly #writer: MessageWriter;
  readonly #zones: ZoneAnswers;

  constructor(query: Query, writer: MessageWriter, own: ZoneAnswers) {
    this.#query = query;
    this.#writer = writer;
    this.#zones = own;
  }

  /**
   * Answers with a reply whose CNAME records lead into one of the zones. The answer has the CNAME records up to the first name in
   * a zone, and what the zone has for that name. What the upstream says about that name, or behind it, is ignored.
   *
   * @param age see `Answerer.relay`
   * @returns the rcode, or `OUTSIDE` if no CNAME record leads into a zone
   */
  answer(reply: Reply, age: number): number {
    const { chain, rcode } = reply;
    const { snapshot, token } = this.#zones;
    if (!chain || chain.outsideOf === token) return OUTSIDE;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return OUTSIDE;
    const own = firstOwnName(chain, snapshot);
    if (own) return this.#answer(reply, own, age);
    chain.outsideOf = token;
    return OUTSIDE;
  }

  #answer(reply: Reply, own: OwnName, age: number): number {
    const { link, found, zone } = own;
    const { snapshot, stale } = this.#zones;
    const writer = this.#writer;
    if (!snapshot.ready) {
      writer.opt.ede = EDE.NOT_READY;
      return RCODE.SERVFAIL;
    }
    // The reply has its CNAME records in an order that no server uses, or a compression pointer cannot reach the name.
    if (link.records === 0 || !writer.canPointTo(link)) return RCODE.SERVFAIL;
    if (!writer.alias(reply, link, age)) return RCODE.NOERROR;
    if (stale) writer.opt.ede = EDE.STALE_ANSWER;
    if (zone) {
      writer.namedSoa(zone.name, zone.negativeSoa);
      return RCODE.NXDOMAIN;
    }
    const shard = snapshot.shardAt(found);
    const entry = entryWord(found);
    const rrset = findRrset(shard.words, entry, this.#query.type);
    const apex = snapshot.zoneAt(shard, entry);
    if (rrset !== 0) this.#zones.append(shard, entry, rrset);
    else writer.namedSoa(ownerOfSoa(apex, own), apex.negativeSoa);
    return RCODE.NOERROR;
  }
}
