import type { Answerer } from "../answer/answer.js";
import { COMPLETE, DROP, FORWARD, TRANSFER } from "../answer/answer.js";
import type { Following, FollowingMessages, Request } from "../answer/request.js";
import type { Logger } from "../base/log.js";
import type { Forwarded, Forwarder } from "../forward/contract.js";
import { NO_EDE } from "../wire/edns.js";
import { MAX_MESSAGE, RCODE } from "../wire/protocol.js";
import { Query } from "../wire/query.js";
import type { Clock } from "./clock.js";
import type { QueryRecorder } from "./query-recorder.js";
import { type QueryStats, ZONES } from "./query-stats.js";
import { ALLOW, type RateLimiter, RESPONSE_KIND, type ResponseKind, SLIP } from "./rate-limiter.js";
import { ServiceLog } from "./service-log.js";
import type { TransferClient } from "./transfer-client.js";

const LOCAL = ZONES.indexOf("local");
const FORWARDED = ZONES.indexOf("forward");
const NONE = ZONES.indexOf("none");
const NOTHING = new Uint8Array(0);

/**
 * Sends an answer after `handle` has returned. The client may be gone by then.
 * @param message empty if there is no answer; its memory may be reused after the call
 * @param following its later messages, over a stream
 */
export type SendResponse = (message: Uint8Array, following?: FollowingMessages) => void;

/**
 * Called once before `handle` returns `PENDING`. Returns the function that will send the answer.
 * @param onEnd to be called, over a stream, if the client closes its side before, and again with `true` if it leaves: then nothing is sent
 */
export type Defer = (onEnd?: (isGone: boolean) => void) => SendResponse;

/** Returned by `handle` if the answer will be sent later. */
export const PENDING = -1;

export interface ServiceParts {
  readonly answerer: Answerer;
  readonly forwarder: Forwarder;
  readonly transfers: Pick<TransferClient, "ask" | "isBusy">;
  readonly limiter: RateLimiter;
  readonly stats: QueryStats;
  readonly log: Pick<Logger, "error" | "warn">;
  readonly clock: Clock;
}

/** A query that waits for upstreams. */
interface PendingQuery {
  readonly request: Request;
  /** Milliseconds on the service's clock. */
  readonly started: number;
  readonly send: SendResponse;
  /** The name outside that the question's is an alias of, if that is what upstreams were asked for. */
  readonly behind: Uint8Array | undefined;
}

/**
 * Handles messages for all transports: answers, forwards or drops them, and counts them. Never throws, whatever a message
 * contains.
 */
export class DnsService {
  readonly #parts: ServiceParts;
  readonly #log: ServiceLog;
  /** Takes queries and their answers for the query log; undefined while there is none. */
  recorder: QueryRecorder | undefined;
  readonly #scratch = new Uint8Array(MAX_MESSAGE);
  /** Queries that wait for upstreams. */
  pending = 0;
  /** When `begin` was called. In an array, as V8 may allocate an object for a number with a fraction. */
  readonly #began = new Float64Array(1);
  readonly #ended = new Float64Array(1);
  /** The one of the two that was set last. */
  #clock = this.#began;
  /** Answers since `begin`, by index in `ZONES`. */
  readonly #answers = new Uint32Array(ZONES.length);

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#log = new ServiceLog(parts.log);
  }

  /** Must be called before messages that arrived together are handled. */
  begin(): void {
    this.#parts.clock(this.#began);
    this.#clock = this.#began;
  }

  /** Must be called after they have been handled. Each of their answers counts with the time since `begin`. */
  end(): void {
    const { stats, clock } = this.#parts;
    clock(this.#ended);
    const seconds = (this.#ended[0] - this.#began[0]) / 1000;
    for (let zone = 0; zone < this.#answers.length; zone++) {
      if (this.#answers[zone] > 0) stats.took(zone, seconds, this.#answers[zone]);
      this.#answers[zone] = 0;
    }
    if (this.recorder) this.recorder.end(this.#began[0], this.#ended[0]);
  }

  /**
   * Handles one message, between `begin` and `end`. The request's memory may be reused after the call.
   *
   * @param defer called if the result is `PENDING`. The function that it returns is called at most once, later: not if a rate
   * limit withholds the answer.
   * @returns the length in octets of the answer in `out`, 0 if there is none, or `PENDING`
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
    if (size === FORWARD || size === COMPLETE) return this.#forward(request, defer, size === COMPLETE);
    if (size === TRANSFER) return this.#transfer(request, defer);
    if (size > 0 && this.#isLimited(request)) size = this.#limit(size, request);
    if (size === DROP) {
      stats.dropped(channel.transport);
      return 0;
    }
    if (answerer.partial) {
      stats.partial();
      this.#log.partial(answerer.query);
    }
    const zone = answerer.authoritative ? LOCAL : NONE;
    this.#count(request, size, zone);
    this.#answers[zone]++;
    return size;
  }

  /**
   * The next messages of a response that has `following` ones.
   */
  next(request: Request): Following {
    const { following } = request;
    if (!following) return "end";
    try {
      const next = following.next();
      if (next === "end" || next === "broken") request.following = undefined;
      return next;
    } catch (error) {
      this.report(error, request);
      return "broken";
    }
  }

  /** Whether rate limits apply to the message handled last: its source address may be forged. */
  #isLimited({ channel }: Request): boolean {
    return !channel.stream && !this.#parts.answerer.trusted;
  }

  /** Applies rate limits to an answer of `size` octets. Returns the length to send, or `DROP`. */
  #limit(size: number, request: Request): number {
    const { answerer, limiter, stats } = this.#parts;
    const decision = limiter.decide(request.client.octets, kindOf(answerer), this.#clock);
    if (decision === ALLOW) return size;
    stats.limited(decision === SLIP);
    if (decision === SLIP) return answerer.truncate(request, answerer.rcode);
    return DROP;
  }

  /** @param completes whether to ask for the name outside that the question's is an alias of */
  #forward(request: Request, defer: Defer, completes: boolean): number {
    const { answerer, forwarder } = this.#parts;
    const { query, message } = completes ? answerer.behind : { query: answerer.query, message: request.message };
    const behind = completes ? answerer.behind.name : undefined;
    let pending: PendingQuery | undefined;
    let ready: Forwarded | undefined;
    try {
      ready = forwarder.ask(query, message, request.client, (forwarded) => {
        if (pending) this.#deliver(forwarded, pending);
      });
    } catch (error) {
      this.report(error, request);
      ready = { kind: "failed", ede: NO_EDE };
    }
    if (ready) {
      let size = this.#relay(ready, request, behind);
      if (this.#isLimited(request)) size = this.#limit(size, request);
      if (size === DROP) {
        this.#parts.stats.dropped(request.channel.transport);
        return 0;
      }
      this.#count(request, size, FORWARDED);
      this.#answers[FORWARDED]++;
      return size;
    }
    pending = { request: request.copy(this.#scratch), started: this.#began[0], send: defer(), behind };
    this.pending++;
    return PENDING;
  }

  /** Passes a query for a zone transfer on. Over UDP, the rate limit for errors applies: what is refused there is the usual answer. */
  #transfer(request: Request, defer: Defer): number {
    const { transfers, limiter, stats } = this.#parts;
    const isLimited = this.#isLimited(request);
    if (isLimited && limiter.decide(request.client.octets, RESPONSE_KIND.ERROR, this.#clock) !== ALLOW) {
      stats.limited(false);
      stats.dropped(request.channel.transport);
      return 0;
    }
    const { transport, stream } = request.channel;
    if (!stream && transfers.isBusy) {
      stats.dropped(transport);
      return 0;
    }
    const { answerer } = this.#parts;
    stats.asked(request, answerer.query.opt);
    const limit = answerer.limitOf(request.channel);
    const started = this.#began[0];
    const logged = this.recorder && request.copy(NOTHING);
    const send = defer((isGone) => {
      if (isGone) this.pending--;
      end(isGone);
    });
    this.pending++;
    const end = transfers.ask(request, limit, (message, following) => {
      this.pending--;
      if (message.length > 0) stats.transferred(transport, message);
      else stats.dropped(transport);
      if (logged && message.length > 0) this.#recordTransfer(logged, message, started);
      // An empty message ends a connection; as a datagram it would be sent.
      if (message.length > 0 || stream) send(message, following);
    });
    return PENDING;
  }

  #deliver(forwarded: Forwarded, { request, started, send, behind }: PendingQuery): void {
    const { stats, clock } = this.#parts;
    this.pending--;
    clock(this.#ended);
    let size: number;
    try {
      this.#parts.answerer.resume(request);
      size = this.#relay(forwarded, request, behind);
      this.#clock = this.#ended;
      if (this.#isLimited(request)) size = this.#limit(size, request);
    } catch (error) {
      size = this.#rescue(error, request);
    }
    if (size === DROP) {
      stats.dropped(request.channel.transport);
      return;
    }
    this.#count(request, size, FORWARDED);
    if (this.recorder) this.recorder.end(started, this.#ended[0]);
    stats.took(FORWARDED, (this.#ended[0] - started) / 1000, 1);
    send(request.out.slice(0, size));
  }

  /** Writes the answer. `answer` or `resume` of the answerer must have read its query just before. */
  #relay(forwarded: Forwarded, request: Request, behind: Uint8Array | undefined): number {
    const { answerer } = this.#parts;
    if (forwarded.kind === "reply" && behind) return answerer.complete(request, behind, forwarded.reply, forwarded.age);
    if (forwarded.kind === "reply") return answerer.relay(forwarded.reply, forwarded.age);
    return answerer.fail(request, RCODE.SERVFAIL, forwarded.ede);
  }

  #count(request: Request, size: number, zone: number): void {
    const { answerer, stats } = this.#parts;
    stats.asked(request, answerer.query.opt);
    stats.answered(request.channel.transport, zone, size, answerer);
    if (this.recorder) this.recorder.record(request, request.out, size, zone, answerer);
  }

  #rescue(error: unknown, request: Request): number {
    this.report(error, request);
    try {
      return this.#parts.answerer.fail(request, RCODE.SERVFAIL, NO_EDE);
    } catch {
      return DROP;
    }
  }

  /** Counts every exception, and logs each kind once with the message that caused it, for debugging. */
  report(error: unknown, { message, length }: Pick<Request, "message" | "length">): void {
    this.#parts.stats.failed();
    this.#log.failed(error, message.subarray(0, length));
  }

  /** Records the first message of a response to a query for a zone transfer. The query's own memory has been used again since. */
  #recordTransfer(request: Request, message: Uint8Array, started: number): void {
    const query = new Query();
    query.read(request.message, request.length, 0);
    this.recorder?.record(request, message, message.length, LOCAL, { query, rcode: message[3] & 0x0f });
    this.#parts.clock(this.#ended);
    this.recorder?.end(started, this.#ended[0]);
  }
}

function kindOf(answerer: Answerer): ResponseKind {
  if (answerer.rcode === RCODE.NXDOMAIN) return RESPONSE_KIND.NEGATIVE;
  if (answerer.rcode !== RCODE.NOERROR) return RESPONSE_KIND.ERROR;
  return answerer.hasAnswers || answerer.truncated ? RESPONSE_KIND.ANSWER : RESPONSE_KIND.NEGATIVE;
}
