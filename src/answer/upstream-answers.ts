import { NO_OPTIONS } from "../wire/edns.js";
import { EDE, RCODE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";
import { AliasAnswers } from "./alias-answers.js";
import { Completion } from "./completion.js";
import { ALIASED } from "./detours.js";
import type { MessageWriter } from "./message-writer.js";
import { OUTSIDE, type ZoneAnswers } from "./zone-answers.js";

const AD = 0x20;
const CD = 0x10;

/** Writes answers that come from upstreams, wholly or behind CNAME records of the zones. */
export class UpstreamAnswers {
  /** AD and CD of the last answer. */
  flags = 0;
  readonly #query: Query;
  readonly #writer: MessageWriter;
  readonly #zones: ZoneAnswers;
  readonly #aliases: AliasAnswers;
  readonly #completion: Completion;

  constructor(query: Query, writer: MessageWriter, zones: ZoneAnswers) {
    this.#query = query;
    this.#writer = writer;
    this.#zones = zones;
    this.#aliases = new AliasAnswers(writer, zones);
    this.#completion = new Completion(writer, zones);
  }

  /** Writes a reply. @param age see `Answerer.relay`. @returns the rcode */
  relay(reply: Reply, age: number): number {
    const query = this.#query;
    const writer = this.#writer;
    this.#noteAge(reply, age);
    this.flags = query.checkingDisabled ? CD : 0;
    const rcode = this.#aliases.answer(reply, age);
    if (rcode !== OUTSIDE) return rcode;
    writer.opt.passed = reply.options;
    // Records are more important than the upstream's options.
    if (!writer.fits(reply.additionalAt)) writer.opt.passed = NO_OPTIONS;
    writer.reply(reply, age);
    if (reply.authenticated && (query.authenticData || query.opt.dnssecOk)) this.flags |= AD;
    return reply.rcode;
  }

  /** Answers the query, and completes that with a reply about a name outside. @returns the rcode */
  complete(reply: Reply, name: Uint8Array, age: number): number {
    this.#noteAge(reply, age);
    const rcode = this.#zones.lookUp();
    // The zones may have changed while the query was away.
    if (rcode !== ALIASED) return rcode;
    return this.#zones.seeks(name) ? this.#completion.write(reply, name, age) : RCODE.SERVFAIL;
  }

  #noteAge({ rcode }: Reply, age: number): void {
    if (age >= 0) return;
    this.#writer.opt.ede = rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN_ANSWER : EDE.STALE_ANSWER;
  }
}
