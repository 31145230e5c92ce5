import { EDE, RCODE } from "../wire/protocol.js";
import type { Reply } from "../wire/reply.js";
import { ALIASED, NOWHERE } from "./detours.js";
import type { MessageWriter } from "./message-writer.js";
import { firstOwnName, type OwnName } from "./own-name.js";
import { OUTSIDE, type ZoneAnswers } from "./zone-answers.js";

/** Answers for names outside the zones that are aliases of names inside them. */
export class AliasAnswers {
  readonly #writer: MessageWriter;
  readonly #zones: ZoneAnswers;

  constructor(writer: MessageWriter, own: ZoneAnswers) {
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
    const { link, name } = own;
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
    const rcode = this.#zones.goOn(name, NOWHERE);
    return rcode === ALIASED ? RCODE.NOERROR : rcode;
  }
}
