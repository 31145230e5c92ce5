import { EDE, RCODE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { entryWord } from "../zone/snapshot.js";
import type { MessageWriter } from "./message-writer.js";
import { firstOwnName, type OwnName, ownerOfSoa } from "./own-name.js";
import { findRrset } from "./rrset.js";
import { OUTSIDE, type ZoneAnswers } from "./zone-answers.js";

/** What the snapshot's zones have for a foreign name that is an alias into them. */
export class AliasAnswers {
  readonly #query: Query;
  readonly #writer: MessageWriter;
  readonly #own: ZoneAnswers;

  constructor(query: Query, writer: MessageWriter, own: ZoneAnswers) {
    this.#query = query;
    this.#writer = writer;
    this.#own = own;
  }

  /**
   * Answers with a reply whose CNAME records lead into one of the zones: as far as that, and with what there is. What the upstream says
   * of the zone's name, and of what that may have been an alias of, counts for nothing.
   *
   * @param age see `Answerer.relay`
   * @returns the rcode, or `OUTSIDE` where they lead elsewhere
   */
  answer(reply: Reply, age: number): number {
    const { chain, rcode } = reply;
    const { snapshot, token } = this.#own;
    if (!chain || chain.strangerTo === token) return OUTSIDE;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return OUTSIDE;
    const own = firstOwnName(chain, snapshot);
    if (own) return this.#answer(reply, own, age);
    chain.strangerTo = token;
    return OUTSIDE;
  }

  #answer(reply: Reply, own: OwnName, age: number): number {
    const { link, found, zone } = own;
    const { snapshot, stale } = this.#own;
    const writer = this.#writer;
    if (!snapshot.ready) {
      writer.opt.ede = EDE.NOT_READY;
      return RCODE.SERVFAIL;
    }
    // Nobody sends an alias behind what it leads to; without it there is nothing that could be said.
    if (link.records === 0 || !writer.reaches(link)) return RCODE.SERVFAIL;
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
    if (rrset !== 0) this.#own.append(shard, entry, rrset);
    else writer.namedSoa(ownerOfSoa(apex, own), apex.negativeSoa);
    return RCODE.NOERROR;
  }
}
