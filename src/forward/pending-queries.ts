import type { LinkParts, UpstreamQuery } from "./link.js";
import { idOf, isResponse, matchQuestion } from "./match.js";

/** A query that has been sent. */
export interface Sent {
  readonly sentQuery: UpstreamQuery;
  /** When it was sent first, in milliseconds on the link's clock. */
  readonly at: number;
  /** Whether it was sent before, over a connection that broke. */
  readonly again: boolean;
}

/** The queries that wait on one socket, by the ids of their queries. They must be fewer than there are ids: 65,536. */
export class PendingQueries {
  readonly #parts: LinkParts;
  readonly #sent = new Map<number, Sent>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#sent.size;
  }

  /** The queries, ready to be sent. */
  *queries(): Generator<Uint8Array> {
    for (const { sentQuery } of this.#sent.values()) yield sentQuery.query;
  }

  /** Writes an id that nobody else has here into the query. */
  add(sent: Sent): void {
    let id = this.#parts.random16();
    while (this.#sent.has(id)) id = (id + 1) & 0xffff;
    const { query } = sent.sentQuery;
    query[0] = id >>> 8;
    query[1] = id & 0xff;
    this.#sent.set(id, sent);
  }

  /** Hands a message to the query it is the reply for. Returns whether there is one; other messages are ignored. */
  receive(message: Uint8Array): boolean {
    const { ignored, now } = this.#parts;
    if (!isResponse(message)) {
      ignored("malformed");
      return false;
    }
    const id = idOf(message);
    const sent = this.#sent.get(id);
    if (!sent) {
      ignored("unexpected");
      return false;
    }
    const { sentQuery, at } = sent;
    const match = matchQuestion(message, sentQuery.query, sentQuery.questionEnd);
    if (match === "other") {
      ignored("question");
      return false;
    }
    this.#sent.delete(id);
    sentQuery.replied(message, match === "exact", now() - at);
    return true;
  }

  /** Takes out all for which `which` holds. */
  take(which: (sent: Sent) => boolean): Sent[] {
    const taken: Sent[] = [];
    for (const [id, sent] of this.#sent) {
      if (!which(sent)) continue;
      this.#sent.delete(id);
      taken.push(sent);
    }
    return taken;
  }

  /** One by one, so that there is nothing left to fail if one of them closes the link. */
  fail(reason: string): void {
    for (const [id, { sentQuery }] of this.#sent) {
      this.#sent.delete(id);
      sentQuery.failed(reason);
    }
  }

  forget(): void {
    this.#sent.clear();
  }
}
