import type { Client } from "../answer/request.js";
import type { Query } from "../wire/query.js";
import type { Reply } from "../wire/reply.js";

/** No upstream had an answer; `ede` is the extended error (RFC 8914) that says why. */
export interface Failed {
  readonly kind: "failed";
  readonly ede: number;
}

/** What asking upstreams came to. */
export type Outcome = { readonly kind: "reply"; readonly reply: Reply } | Failed;

/** What a client gets. */
export type Forwarded =
  /** `age` in seconds; negative where the reply is past its time (RFC 8767). */
  { readonly kind: "reply"; readonly reply: Reply; readonly age: number } | Failed;

/** Asks somebody else, or remembers what they said. */
export interface Forwarder {
  /**
   * Answers a query for a name outside the zones. `message` is what `query` was read from; both are only valid during
   * the call.
   *
   * @param done called exactly once, later, if the answer is not returned
   */
  ask(query: Query, message: Uint8Array, client: Client, done: (forwarded: Forwarded) => void): Forwarded | undefined;
}
