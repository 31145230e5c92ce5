import type { LinkParts, UpstreamQuery } from "./link.js";
import { idOf, isResponse, matchQuestion } from "./match.js";

/** A query that has been sent. */
export interface Sent {
  readonly sentQuery: UpstreamQuery;
  /** When it was first sent, in milliseconds on the link's clock. */
  readonly at: number;
  /** Whether it is repeated: it was sent before, over a connection that broke. */
  readonly isRepeat: boolean;
}

/** The queries in flight on one socket, by their ids. There must be fewer than 65,536: as many as there are ids. */
export class PendingQueries {
  readonly #parts: LinkParts;
  readonly #sent = new Map<number, Sent>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#sent.size;
  }

  /** The messages, in the order in which they were added. */
  *queries(): Generator<Uint8Array> {
    for (const { sentQuery } of this.#sent.values()) yield sentQuery.query;
  }

  /** Adds a query, and writes an unused id into its message. */
  add(sent: Sent): void {
    let id = this.#parts.random16();
    while (this.#sent.has(id)) id = (id + 1) & 0xffff;
    const { query } = sent.sentQuery;
    query[0] = id >>> 8;
    query[1] = id & 0xff;
    this.#sent.set(id, sent);
  }

  /** Passes a reply to its query and removes that. Returns false for a message that is no query's reply: it is ignored. */
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

  /** Removes and returns all queries for which `which` holds. */
  take(which: (sent: Sent) => boolean): Sent[] {
    const taken: Sent[] = [];
    for (const [id, sent] of this.#sent) {
      if (!which(sent)) continue;
      this.#sent.delete(id);
      taken.push(sent);
    }
    return taken;
  }

  /** Fails all queries. Each is removed first: a callback may close the link, which forgets the rest. */
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
