import type { Timers } from "../base/timers.js";
import { EDE, RCODE } from "../wire/protocol.js";
import type { Reply, TtlBounds } from "../wire/reply.js";
import { Attempt, type AttemptOwner, type Negative, type Purpose } from "./attempt.js";
import { Candidates, DECLINED, FAILED } from "./candidates.js";
import type { Outcome } from "./contract.js";
import type { Via } from "./link.js";
import type { Letters, Question } from "./question.js";
import type { ForwardResult } from "./report.js";
import { SpellingCheck } from "./spelling-check.js";
import type { Upstream } from "./upstream.js";
import { forAllClients, isEdnsError, isForClients, negativeOf, readReplyTo, rejectsEdns, resultOf } from "./verdict.js";

export interface ResolutionParts {
  readonly timers: Timers;
  readonly random16: () => number;
  readonly bounds: TtlBounds;
  /** Milliseconds that the resolution may take in all. */
  readonly timeoutMs: number;
  /** Most queries in flight to one upstream. */
  readonly maxPerUpstream: number;
  /** Whether to ask in random letter case, where the upstream does not mind. */
  readonly mixedCase: boolean;
  /** An upstream has gone down, or is in doubt. */
  readonly onFailure: (upstream: Upstream) => void;
  /** An upstream that was down has answered. */
  readonly onUp: (upstream: Upstream) => void;
  /** An upstream is found to answer differently for another letter case of a name. */
  readonly onMindsCase: (upstream: Upstream) => void;
}

/**
 * Asks upstreams one question: in the given order, the next one whenever one fails or is late. The first answer of any of them
 * ends the resolution, and so does its time limit.
 */
export class Resolution implements AttemptOwner {
  readonly question: Question;
  /** Undefined until the resolution ends. */
  outcome: Outcome | undefined;
  readonly startedAt: number;
  readonly #parts: ResolutionParts;
  readonly #candidates: Candidates;
  readonly #settled: (outcome: Outcome) => void;
  readonly #spellingCheck = new SpellingCheck((attempt, negative) => this.#confirm(attempt, negative));
  readonly #endsAt: number;
  #cancelTimer: (() => void) | undefined;
  /** The reply to give if there is no answer: SERVFAIL, REFUSED, or a truncated one. */
  #lastResort: Reply | undefined;
  /** The extended error if there is no reply at all (RFC 8914). */
  #ede: number = EDE.NO_REACHABLE_AUTHORITY;

  /** @param candidates upstreams in the order of preference @param settled called once, with the outcome */
  constructor(
    question: Question,
    candidates: readonly Upstream[],
    parts: ResolutionParts,
    settled: (outcome: Outcome) => void,
  ) {
    this.question = question;
    this.startedAt = parts.timers.now();
    this.#parts = parts;
    this.#settled = settled;
    this.#endsAt = this.startedAt + parts.timeoutMs;
    this.#candidates = new Candidates(candidates, this.#endsAt);
  }

  /** Asks the first upstreams. @param atOnce how many of them */
  start(atOnce: number): void {
    for (let i = 0; i < atOnce && !this.outcome; i++) this.#askNext();
  }

  /** Ends the resolution without an outcome. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#candidates.end();
  }

  /** A reply to an attempt, possibly long after the resolution has ended. */
  replied(attempt: Attempt, octets: Uint8Array, caseKept: boolean, milliseconds: number): void {
    const { upstream } = attempt;
    upstream.replyReceived(milliseconds, this.#parts.timers.now());
    const reply = readReplyTo(attempt, octets, this.#parts.bounds);
    if (attempt.purpose.confirms !== undefined) {
      if (caseKept && negativeOf(reply) === attempt.purpose.confirms)
        this.#reportMindsCase(upstream.spelling.noteMindsCase(), upstream);
      return;
    }
    this.#candidates.close(attempt);
    if (attempt.isRespelled) upstream.spelling.repliedToMixed();
    if (attempt.mixedCase) {
      if (caseKept) upstream.spelling.keptCase();
      else if (!this.#acceptChangedCase(attempt)) return;
    } else this.#reportMindsCase(upstream.spelling.repliedToClientSpelling(), upstream);
    if (reply?.truncated && attempt.via === "udp") this.#answered(attempt, reply);
    else if (reply && rejectsEdns(attempt, reply)) this.#retry(attempt, attempt.via, false);
    else if (this.#isBelieved(attempt, reply)) this.#accept(attempt, reply);
  }

  #accept(attempt: Attempt, reply: Reply | undefined): void {
    if (!reply || !isForClients(reply)) this.#failed(attempt, "bad_reply");
    else if (reply.rcode === RCODE.SERVFAIL || reply.rcode === RCODE.REFUSED) this.#declined(attempt, reply);
    else this.#answered(attempt, reply);
  }

  /** Whether to accept a reply. If the letter case may be the reason for a negative one, asks in the client's spelling first. */
  #isBelieved(attempt: Attempt, reply: Reply | undefined): boolean {
    const belief = this.#spellingCheck.judge(attempt, reply);
    if (belief === "believed") return true;
    const { upstream, via } = attempt;
    const result = resultOf(reply);
    upstream.count(result);
    if (result === "servfail" || result === "refused") this.#lastResort ??= reply;
    if (belief === "ask") this.#retry(attempt, via, upstream.speaksEdns(this.#parts.timers.now()));
    return false;
  }

  /** Asks once more in mixed case, to learn about the upstream. No client waits for the reply. */
  #confirm(attempt: Attempt, confirms: Negative): void {
    const { candidate, upstream, via, edns } = attempt;
    const confirmation = this.#attempt(candidate, via, edns, "mixed", { confirms });
    // In a name with few letters, random case may happen to be the client's.
    if (!confirmation.isRespelled) return;
    upstream.asked();
    this.#send(confirmation);
  }

  #reportMindsCase(isNew: boolean, upstream: Upstream): void {
    if (isNew) this.#parts.onMindsCase(upstream);
  }

  /** The network failed for an attempt. @param reason in words */
  networkFailed(attempt: Attempt, reason: string): void {
    if (attempt.purpose.confirms !== undefined) return;
    this.#candidates.close(attempt);
    this.#ede = EDE.NETWORK_ERROR;
    if (attempt.upstream.failed(reason, this.question)) this.#parts.onFailure(attempt.upstream);
    if (attempt.purpose.checksCase) {
      attempt.upstream.count("network_error");
      // Without TCP it cannot be found out who changed the letter case: ask over UDP again.
      this.#retry(attempt, "udp", attempt.edns);
    } else this.#failed(attempt, "network_error");
  }

  #answered(attempt: Attempt, reply: Reply): void {
    const { upstream } = attempt;
    const { timers, onUp } = this.#parts;
    upstream.count("answered");
    if (upstream.succeeded()) onUp(upstream);
    // FORMERR with and without EDNS says nothing about EDNS support. Nor does an upstream that rejects a client's options.
    const showsNoEdns = !attempt.edns && !isEdnsError(reply.rcode) && this.question.options.length === 0;
    if (showsNoEdns) upstream.answeredWithoutEdns(timers.now());
    if (reply.truncated && attempt.via === "udp") {
      this.#lastResort = reply;
      this.#retry(attempt, "tcp", attempt.edns);
    } else this.#settle({ kind: "reply", reply: forAllClients(attempt, reply) });
  }

  #declined(attempt: Attempt, reply: Reply): void {
    this.#lastResort ??= reply;
    const isServfail = reply.rcode === RCODE.SERVFAIL;
    if (isServfail && attempt.upstream.answeredServfail(this.question, this.#parts.timers.now()))
      this.#parts.onFailure(attempt.upstream);
    this.#failed(attempt, isServfail ? "servfail" : "refused", DECLINED);
  }

  /**
   * Whether to accept a reply whose question has another letter case than the query. A datagram may be forged: the question is
   * asked again over TCP, where forging is hard. If the letter case is changed there too, it is the upstream that changes it.
   */
  #acceptChangedCase(attempt: Attempt): boolean {
    const isCertain = attempt.via !== "udp";
    attempt.upstream.changedCase(isCertain);
    if (isCertain) return true;
    this.#retry(attempt, "tcp", attempt.edns, { checksCase: true });
    return false;
  }

  /** Asks the same upstream again in another way, unless the resolution has ended. */
  #retry(attempt: Attempt, via: Via, edns: boolean, purpose: Purpose = {}): void {
    if (!this.outcome) this.#ask(attempt.candidate, via, edns, purpose);
  }

  #failed(attempt: Attempt, result: ForwardResult, state = FAILED): void {
    attempt.upstream.count(result);
    if (this.outcome) return;
    this.#candidates.setState(attempt.candidate, state);
    this.#askNext();
  }

  /** Asks the next candidate. If there is none, waits for outstanding replies, or gives up if none can bring an answer. */
  #askNext(): void {
    const { timers, maxPerUpstream } = this.#parts;
    const now = timers.now();
    const candidate = this.#candidates.takeNext((upstream) => {
      const hasRoom = upstream.hasRoom(maxPerUpstream, now);
      if (!hasRoom && this.#candidates.isIdle) this.#ede = EDE.OVER_QUOTA;
      return hasRoom;
    });
    if (candidate !== undefined) {
      const upstream = this.#candidates.upstreams[candidate];
      this.#ask(candidate, upstream.links.datagrams ? "udp" : "tls", upstream.speaksEdns(now));
    } else if (this.#candidates.isExhausted) this.#giveUp();
    else this.#wait();
  }

  #ask(candidate: number, via: Via, edns: boolean, purpose: Purpose = {}): void {
    const upstream = this.#candidates.upstreams[candidate];
    const attempt = this.#attempt(candidate, via, edns, this.#lettersFor(candidate), purpose);
    upstream.asked();
    const patience = via === "udp" ? upstream.timeout : Math.max(MIN_STREAM_MS, STREAM_ROUND_TRIPS * upstream.timeout);
    this.#candidates.asked(attempt, this.#parts.timers.now(), patience);
    this.#wait();
    this.#send(attempt);
  }

  #attempt(candidate: number, via: Via, edns: boolean, letters: Letters, purpose: Purpose): Attempt {
    const { random16 } = this.#parts;
    const style = { letters, edns, padded: via === "tls", random16 };
    return new Attempt(this, { candidate, upstream: this.#candidates.upstreams[candidate], via, style, purpose });
  }

  #send(attempt: Attempt): void {
    const { datagrams, stream } = attempt.upstream.links;
    const link = attempt.via === "udp" && datagrams ? datagrams : stream;
    link.send(attempt);
  }

  /** The client's spelling for an upstream that gave a negative reply, or none, to mixed case. */
  #lettersFor(candidate: number): Letters {
    const { spelling } = this.#candidates.upstreams[candidate];
    if (!this.#parts.mixedCase || this.#spellingCheck.needsClientSpelling(candidate)) return "client";
    const isDoubtful = this.#candidates.isSilentOnMixed(candidate) && !spelling.isTrusted;
    return isDoubtful ? "client" : spelling.letters;
  }

  /** Sets the timer for the next late reply or the time limit. */
  #wait(): void {
    const { timers } = this.#parts;
    this.#cancelTimer?.();
    this.#cancelTimer = timers.after(Math.max(0, Math.ceil(this.#candidates.nextDue() - timers.now())), this.#onTimer);
  }

  readonly #onTimer = (): void => {
    const now = this.#parts.timers.now();
    this.#cancelTimer = undefined;
    const late = this.#markLate(now);
    if (now >= this.#endsAt) this.#giveUp();
    // Timers can fire a fraction of a millisecond early.
    else if (late === 0) this.#wait();
    else for (let i = 0; i < late && !this.outcome; i++) this.#askNext();
  };

  /** Notes the candidates whose replies are late. Returns how many there are. */
  #markLate(now: number): number {
    const late = this.#candidates.markLate(now);
    for (const candidate of late) {
      const upstream = this.#candidates.upstreams[candidate];
      upstream.count("timeout");
      if (this.#candidates.isSilentOnMixed(candidate)) upstream.spelling.silentOnMixed();
      if (upstream.timedOut(this.question, this.#candidates.askedAt(candidate), now)) this.#parts.onFailure(upstream);
    }
    return late.length;
  }

  /** Ends without an answer. A bare SERVFAIL tells the client less than an extended error of our own. */
  #giveUp(): void {
    const reply = this.#lastResort;
    const saysNothing = !reply || (reply.rcode === RCODE.SERVFAIL && reply.options.length === 0);
    this.#settle(saysNothing ? { kind: "failed", ede: this.#ede } : { kind: "reply", reply });
  }

  #settle(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.cancel();
    this.#settled(outcome);
  }
}

/** A reply over a stream may take more round trips: one to connect, and another for TLS. */
const STREAM_ROUND_TRIPS = 3;
const MIN_STREAM_MS = 500;
