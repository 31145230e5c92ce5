import type { Client } from "../answer/request.js";
import { RCODE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";

/** No upstream had an answer. `ede` is the info code of the extended error that says why (RFC 8914). */
export interface Failed {
  readonly kind: "failed";
  readonly ede: number;
}

/** The result of asking upstreams. */
export type Outcome = { readonly kind: "reply"; readonly reply: Reply } | Failed;

/** The result of forwarding a client's query. */
export type Forwarded =
  /** `age` is seconds since the reply arrived, or negative if it is stale (RFC 8767). */
  { readonly kind: "reply"; readonly reply: Reply; readonly age: number } | Failed;

/** Answers queries for names outside the zones: from upstreams, or from what they answered before. */
export interface Forwarder {
  /**
   * Answers a query for a name outside the zones. `message` is the message that `query` was read from. Both are valid
   * during the call only.
   *
   * @param done called once, after the call, if the result is not returned
   * @returns the result, if it is known at once
   */
  ask(query: Query, message: Uint8Array, client: Client, done: (forwarded: Forwarded) => void): Forwarded | undefined;
}

/** Whether an outcome may replace a cached answer: NOERROR or NXDOMAIN, and not truncated. */
export function isAnswer(outcome: Outcome): outcome is Exclude<Outcome, Failed> {
  if (outcome.kind === "failed" || outcome.reply.truncated) return false;
  return outcome.reply.rcode === RCODE.NOERROR || outcome.reply.rcode === RCODE.NXDOMAIN;
}
