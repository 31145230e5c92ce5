import type { Answerer } from "../dns/answer.js";
import { DROP, FORWARD } from "../dns/answer.js";
import type { Client } from "../dns/client.js";
import { NO_EDE } from "../dns/edns.js";
import { MAX_MESSAGE, RCODE } from "../dns/protocol.js";
import type { Forwarded, Forwarder } from "../forward/forwarder.js";
import { isTruncated, rcodeOf } from "../forward/reply.js";
import type { Logger } from "../log.js";
import { type QueryStats, ZONES } from "../metrics/query-stats.js";
import { decodeName } from "../zone/names.js";
import type { ServedChannel } from "./channels.js";
import { ALLOW, type RateLimiter, RESPONSE_KIND, type ResponseKind, SLIP } from "./rate-limiter.js";

const LOCAL = ZONES.indexOf("local");
const FORWARDED = ZONES.indexOf("forward");
const NONE = ZONES.indexOf("none");

/** Kinds of failure remembered: a bound for messages that carry something of the query. */
const MAX_KINDS = 100;

/** Sends an answer that was not ready when the query was handled. It may come after the client is gone. */
export type Reply = (message: Uint8Array) => void;

/** `handle` returns this where the answer follows through `reply`. */
export const PENDING = -1;

export interface ServiceParts {
  readonly answerer: Answerer;
  readonly forwarder: Forwarder;
  readonly limiter: RateLimiter;
  readonly stats: QueryStats;
  readonly log: Pick<Logger, "error">;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** A query on its way to an upstream resolver and back. */
interface PendingQuery {
  readonly query: Uint8Array;
  readonly type: number;
  readonly client: Client;
  readonly channel: ServedChannel;
  /** Octets of an answer that the client takes. */
  readonly limit: number;
  readonly started: number;
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
  handle(
    message: Uint8Array,
    length: number,
    out: Uint8Array,
    client: Client,
    channel: ServedChannel,
    reply: Reply,
  ): number {
    const { answerer, stats, now } = this.#parts;
    const started = now();
    let size: number;
    try {
      size = answerer.answer(message, length, out, client, channel);
    } catch (error) {
      size = this.#rescue(error, message, length, out, client, channel);
    }
    if (size === FORWARD) {
      // A copy, which slice() of a Buffer would not be: the caller's memory is gone when this returns.
      const query = new Uint8Array(message.subarray(0, length));
      const { type } = answerer.query;
      this.#forward({ query, type, client, channel, limit: answerer.limit(channel), started }, reply);
      return PENDING;
    }
    if (size > 0 && !channel.stream && !answerer.trusted)
      size = this.#limit(size, message, length, out, client, channel);
    if (size === DROP) {
      stats.dropped(channel.transport);
      return 0;
    }
    const zone = answerer.authoritative ? LOCAL : NONE;
    const seconds = (now() - started) / 1000;
    stats.answered(channel.transport, zone, answerer.query.type, answerer.rcode, size, answerer.truncated, seconds);
    return size;
  }

  /** What becomes of an answer of `size` octets to a client that may not be who it says. */
  #limit(
    size: number,
    message: Uint8Array,
    length: number,
    out: Uint8Array,
    client: Client,
    channel: ServedChannel,
  ): number {
    const { answerer, limiter, stats, now } = this.#parts;
    const ruling = limiter.rule(client.octets, kindOf(answerer), now() / 1000);
    if (ruling === ALLOW) return size;
    stats.limited(ruling === SLIP);
    if (ruling === SLIP) return answerer.cut(message, length, out, client, channel, answerer.rcode);
    return DROP;
  }

  #forward(pending: PendingQuery, reply: Reply): void {
    const { answerer, forwarder, stats, now } = this.#parts;
    const { query, type, channel, started } = pending;
    const { questionEnd } = answerer.query;
    const name = decodeName(answerer.query.name, 0);
    this.pending++;
    forwarder
      .forward({ query, questionEnd, name, stream: channel.stream })
      .catch((error: unknown): Forwarded => {
        this.#report(error, query, query.length);
        return { kind: "failed", ede: NO_EDE };
      })
      .then((forwarded) => {
        this.pending--;
        const message = this.#settle(forwarded, pending);
        const seconds = (now() - started) / 1000;
        const truncated = isTruncated(message);
        stats.answered(channel.transport, FORWARDED, type, rcodeOf(message), message.length, truncated, seconds);
        reply(message);
      });
  }

  /** The message for the client: the upstream's, or where that is too large or missing, one of our own. */
  #settle(forwarded: Forwarded, { query, client, channel, limit }: PendingQuery): Uint8Array {
    const { answerer } = this.#parts;
    const out = this.#scratch;
    if (forwarded.kind === "reply" && forwarded.message.length <= limit) return forwarded.message;
    const size =
      forwarded.kind === "failed"
        ? answerer.fail(query, query.length, out, client, channel, RCODE.SERVFAIL, forwarded.ede)
        : answerer.cut(query, query.length, out, client, channel, rcodeOf(forwarded.message));
    return out.slice(0, size);
  }

  #rescue(
    error: unknown,
    message: Uint8Array,
    length: number,
    out: Uint8Array,
    client: Client,
    channel: ServedChannel,
  ): number {
    this.#report(error, message, length);
    try {
      return this.#parts.answerer.fail(message, length, out, client, channel, RCODE.SERVFAIL, NO_EDE);
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

function kindOf(answerer: Answerer): ResponseKind {
  if (answerer.rcode === RCODE.NXDOMAIN) return RESPONSE_KIND.NEGATIVE;
  if (answerer.rcode !== RCODE.NOERROR) return RESPONSE_KIND.ERROR;
  return answerer.hasAnswers || answerer.truncated ? RESPONSE_KIND.ANSWER : RESPONSE_KIND.NEGATIVE;
}
