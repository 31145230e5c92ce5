import type { Answerer } from "../dns/answer.js";
import { DROP, FORWARD } from "../dns/answer.js";
import { NO_EDE } from "../dns/message-writer.js";
import { MAX_MESSAGE, RCODE } from "../dns/protocol.js";
import type { Forwarded, Forwarder } from "../forward/forwarder.js";
import { isTruncated, rcodeOf } from "../forward/reply.js";
import type { Logger } from "../log.js";
import { type QueryStats, TRANSPORTS, type Transport, ZONES } from "../metrics/query-stats.js";
import { decodeName } from "../zone/names.js";

const LOCAL = ZONES.indexOf("local");
const FORWARDED = ZONES.indexOf("forward");
const NONE = ZONES.indexOf("none");

/** Sends an answer that was not ready when the query was handled. It may come after the client is gone. */
export type Reply = (message: Uint8Array) => void;

/** `handle` returns this where the answer follows through `reply`. */
export const PENDING = -1;

interface Settled {
  readonly message: Uint8Array;
  readonly rcode: number;
  readonly truncated: boolean;
}

export interface ServiceParts {
  readonly answerer: Answerer;
  readonly forwarder: Forwarder;
  readonly stats: QueryStats;
  readonly log: Logger;
  /** Milliseconds from any fixed point, for durations. */
  readonly now: () => number;
}

/**
 * What every transport does with a message: answer it, forward it or leave it, and count it. Nothing that a message
 * holds makes this throw.
 */
export class DnsService {
  readonly #parts: ServiceParts;
  readonly #known = new Set<string>();
  readonly #scratch = new Uint8Array(MAX_MESSAGE);
  /** Answers still on their way back from upstream resolvers. */
  pending = 0;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /**
   * Handles one message, of which `message` holds the first `length` octets, only valid during the call.
   *
   * @param out receives an answer that is ready at once
   * @param reply called later and exactly once, if the answer is `PENDING`
   * @returns the octets of the answer in `out`, 0 if there is none, or `PENDING`
   */
  handle(message: Uint8Array, length: number, out: Uint8Array, transport: Transport, reply: Reply): number {
    const { answerer, stats, now } = this.#parts;
    const started = now();
    const stream = transport === "tcp";
    let size: number;
    try {
      size = answerer.answer(message, length, out, stream);
    } catch (error) {
      size = this.#rescue(error, message, length, out, stream);
    }
    const index = stream ? 1 : 0;
    if (size === FORWARD) {
      // A copy, which slice() of a Buffer would not be: the caller's memory is gone when this returns.
      this.#forward(new Uint8Array(message.subarray(0, length)), index, started, reply);
      return PENDING;
    }
    if (size === DROP) {
      stats.dropped(index);
      return 0;
    }
    const zone = answerer.authoritative ? LOCAL : NONE;
    const seconds = (now() - started) / 1000;
    stats.answered(index, zone, answerer.query.type, answerer.rcode, size, answerer.truncated, seconds);
    return size;
  }

  #forward(query: Uint8Array, transport: number, started: number, reply: Reply): void {
    const { answerer, forwarder, stats, now } = this.#parts;
    const stream = TRANSPORTS[transport] === "tcp";
    const { type, questionEnd } = answerer.query;
    const name = decodeName(answerer.query.name, 0);
    const limit = answerer.limit(stream);
    this.pending++;
    forwarder
      .forward({ query, questionEnd, name, stream })
      .catch((error: unknown): Forwarded => {
        this.#report(error, query, query.length);
        return { kind: "failed", ede: NO_EDE };
      })
      .then((forwarded) => {
        this.pending--;
        const { message, rcode, truncated } = this.#settle(forwarded, query, stream, limit);
        stats.answered(transport, FORWARDED, type, rcode, message.length, truncated, (now() - started) / 1000);
        reply(message);
      });
  }

  /** The message for the client: the upstream's, or where that is too large or missing, one of our own. */
  #settle(forwarded: Forwarded, query: Uint8Array, stream: boolean, limit: number): Settled {
    const { answerer } = this.#parts;
    const out = this.#scratch;
    if (forwarded.kind === "failed") {
      const size = answerer.fail(query, query.length, out, stream, RCODE.SERVFAIL, forwarded.ede);
      return { message: out.slice(0, size), rcode: RCODE.SERVFAIL, truncated: false };
    }
    const { message } = forwarded;
    const rcode = rcodeOf(message);
    if (message.length <= limit) return { message, rcode, truncated: isTruncated(message) };
    const size = answerer.cut(query, query.length, out, rcode);
    return { message: out.slice(0, size), rcode, truncated: true };
  }

  #rescue(error: unknown, message: Uint8Array, length: number, out: Uint8Array, stream: boolean): number {
    this.#report(error, message, length);
    try {
      return this.#parts.answerer.fail(message, length, out, stream, RCODE.SERVFAIL, NO_EDE);
    } catch {
      return DROP;
    }
  }

  /** Counts every failure, and logs each kind once with the message that caused it: that is what a fix needs. */
  #report(error: unknown, message: Uint8Array, length: number): void {
    const { stats, log } = this.#parts;
    stats.failed();
    const kind = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.#known.has(kind) || this.#known.size >= MAX_KINDS) return;
    this.#known.add(kind);
    log.error(
      { err: error, query: Buffer.from(message.subarray(0, length)).toString("hex") },
      "answering a query failed",
    );
  }
}

/** Kinds of failure remembered: a bound for messages that carry something of the query. */
const MAX_KINDS = 100;
