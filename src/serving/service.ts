import type { Answerer } from "../answer/answer.js";
import { DROP, FORWARD } from "../answer/answer.js";
import type { Request } from "../answer/request.js";
import type { Logger } from "../base/log.js";
import type { Forwarded, Forwarder } from "../forward/contract.js";
import { NO_EDE } from "../wire/edns.js";
import { toMasterFileName } from "../wire/names.js";
import { MAX_MESSAGE, RCODE } from "../wire/protocol.js";
import type { Clock } from "./clock.js";
import { type QueryStats, ZONES } from "./query-stats.js";
import { ALLOW, type RateLimiter, RESPONSE_KIND, type ResponseKind, SLIP } from "./rate-limiter.js";

const LOCAL = ZONES.indexOf("local");
const FORWARDED = ZONES.indexOf("forward");
const NONE = ZONES.indexOf("none");

/** Kinds of failure, and names, that are remembered: a bound for what comes from queries. */
const MAX_KINDS = 100;

/** Sends an answer that was not ready when the query was handled. It may come after the client is gone. */
export type SendResponse = (message: Uint8Array) => void;

/** Called once for an answer that is not ready, before `handle` returns: makes what sends it, if it is sent at all. */
export type Defer = () => SendResponse;

/** `handle` returns this where the answer follows through `send`. */
export const PENDING = -1;
/** `next` returns this where a response cannot be finished: what its client has is of no use. */
export const BROKEN = -1;

export interface ServiceParts {
  readonly answerer: Answerer;
  readonly forwarder: Forwarder;
  readonly limiter: RateLimiter;
  readonly stats: QueryStats;
  readonly log: Pick<Logger, "error" | "warn">;
  readonly clock: Clock;
}

/** A query on its way to an upstream resolver and back. */
interface PendingQuery {
  readonly request: Request;
  readonly started: number;
  readonly send: SendResponse;
}

/**
 * What every transport does with a message: answer it, forward it or leave it, and count it. Nothing that a message
 * holds makes this throw.
 */
export class DnsService {
  readonly #parts: ServiceParts;
  readonly #known = new Set<string>();
  /** Names of which answers were partial. */
  readonly #partial = new Set<string>();
  readonly #scratch = new Uint8Array(MAX_MESSAGE);
  /** Answers still on their way back from upstream resolvers. */
  pending = 0;
  /** When the turn began. In an array, as a number with a fraction in a variable may be an object to be collected. */
  readonly #began = new Float64Array(1);
  readonly #ended = new Float64Array(1);
  /** The one of them that tells the time now. */
  #clock = this.#began;
  /** Answers of this turn, by whose name was asked for. */
  readonly #answers = new Uint32Array(ZONES.length);

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** To be called before the messages that came at one time are handled. */
  begin(): void {
    this.#parts.clock(this.#began);
    this.#clock = this.#began;
  }

  /** To be called when they have been handled: their answers took as long as all of them. */
  end(): void {
    const { stats, clock } = this.#parts;
    clock(this.#ended);
    const seconds = (this.#ended[0] - this.#began[0]) / 1000;
    for (let zone = 0; zone < this.#answers.length; zone++) {
      if (this.#answers[zone] > 0) stats.took(zone, seconds, this.#answers[zone]);
      this.#answers[zone] = 0;
    }
  }

  /**
   * Handles one message, between `begin` and `end`. The request's memory may be used again after the call.
   *
   * @param defer called if the answer is `PENDING`; what it returns is called later, and once at most: never for a datagram that a rate limit withholds
   * @returns the octets of the answer in `out`, 0 if there is none, or `PENDING`
   */
  handle(request: Request, defer: Defer): number {
    const { channel } = request;
    const { answerer, stats } = this.#parts;
    let size: number;
    try {
      size = answerer.answer(request);
    } catch (error) {
      size = this.#rescue(error, request);
    }
    if (size === FORWARD) return this.#forward(request, defer);
    if (size > 0 && this.#isLimited(request)) size = this.#limit(size, request);
    if (size === DROP) {
      stats.dropped(channel.transport);
      return 0;
    }
    if (answerer.partial) this.#notePartial();
    const zone = answerer.authoritative ? LOCAL : NONE;
    stats.answered(channel.transport, zone, size, answerer);
    this.#answers[zone]++;
    return size;
  }

  /**
   * The next message of a response that has `following` ones, as far as the client takes them.
   *
   * @returns the octets of the message in `out`, 0 behind the last one, or `BROKEN`
   */
  next(request: Request): number {
    const { following } = request;
    if (!following) return 0;
    try {
      const size = following.write(request);
      if (size === 0) request.following = undefined;
      return size;
    } catch (error) {
      request.following = undefined;
      this.report(error, request);
      following.cancel();
      return BROKEN;
    }
  }

  /** Whether the client of the message handled last may not be who it says. */
  #isLimited({ channel }: Request): boolean {
    return !channel.stream && !this.#parts.answerer.trusted;
  }

  /** What becomes of an answer of `size` octets to a client that may not be who it says. */
  #limit(size: number, request: Request): number {
    const { answerer, limiter, stats } = this.#parts;
    const ruling = limiter.rule(request.client.octets, kindOf(answerer), this.#clock);
    if (ruling === ALLOW) return size;
    stats.limited(ruling === SLIP);
    if (ruling === SLIP) return answerer.cut(request, answerer.rcode);
    return DROP;
  }

  #forward(request: Request, defer: Defer): number {
    const { answerer, forwarder } = this.#parts;
    let pending: PendingQuery | undefined;
    let ready: Forwarded | undefined;
    try {
      ready = forwarder.ask(answerer.query, request.message, request.client, (forwarded) => {
        if (pending) this.#deliver(forwarded, pending);
      });
    } catch (error) {
      this.report(error, request);
      ready = { kind: "failed", ede: NO_EDE };
    }
    if (ready) {
      let size = this.#relay(ready, request);
      if (this.#isLimited(request)) size = this.#limit(size, request);
      if (size === DROP) {
        this.#parts.stats.dropped(request.channel.transport);
        return 0;
      }
      this.#count(request, size);
      this.#answers[FORWARDED]++;
      return size;
    }
    pending = { request: request.copy(this.#scratch), started: this.#began[0], send: defer() };
    this.pending++;
    return PENDING;
  }

  #deliver(forwarded: Forwarded, { request, started, send }: PendingQuery): void {
    const { stats, clock } = this.#parts;
    this.pending--;
    clock(this.#ended);
    let size: number;
    try {
      this.#parts.answerer.resume(request);
      size = this.#relay(forwarded, request);
      this.#clock = this.#ended;
      if (this.#isLimited(request)) size = this.#limit(size, request);
    } catch (error) {
      size = this.#rescue(error, request);
    }
    if (size === DROP) {
      stats.dropped(request.channel.transport);
      return;
    }
    this.#count(request, size);
    stats.took(FORWARDED, (this.#ended[0] - started) / 1000, 1);
    send(request.out.slice(0, size));
  }

  /** The message for the client. `answer` or `resume` of the answerer have just read its query. */
  #relay(forwarded: Forwarded, request: Request): number {
    const { answerer } = this.#parts;
    if (forwarded.kind === "reply") return answerer.relay(forwarded.reply, forwarded.age);
    return answerer.fail(request, RCODE.SERVFAIL, forwarded.ede);
  }

  #count({ channel }: Request, size: number): void {
    const { answerer, stats } = this.#parts;
    stats.answered(channel.transport, FORWARDED, size, answerer);
  }

  #rescue(error: unknown, request: Request): number {
    this.report(error, request);
    try {
      return this.#parts.answerer.fail(request, RCODE.SERVFAIL, NO_EDE);
    } catch {
      return DROP;
    }
  }

  /** Counts every such answer, and logs each name once: there is no sign of it in the answer. */
  #notePartial(): void {
    const { answerer, stats, log } = this.#parts;
    stats.partial();
    const name = toMasterFileName(answerer.query.name, 0);
    if (this.#partial.has(name) || this.#partial.size >= MAX_KINDS) return;
    this.#partial.add(name);
    const advice = "answers have as many as fit, other ones each time; give the tasks more than one name";
    log.warn({ name, type: answerer.query.type }, `the records of ${name} need more than 65,535 octets: ${advice}`);
  }

  /** Counts every failure, and logs each kind once with the message that caused it: that is what a fix needs. */
  report(error: unknown, { message, length }: Pick<Request, "message" | "length">): void {
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
