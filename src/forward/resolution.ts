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
import { isForClients, isPuzzle, isPuzzledByEdns, negativeOf, readFor, resultOf, shared } from "./verdict.js";

export interface ResolutionParts {
  readonly timers: Timers;
  readonly random16: () => number;
  readonly bounds: TtlBounds;
  /** Milliseconds that all of it may take. */
  readonly timeoutMs: number;
  readonly maxPerUpstream: number;
  /** Whether names are spelled in random upper and lower case, for those upstreams that do not mind. */
  readonly mixedCase: boolean;
  /** An upstream has failed once too often, or is in doubt. */
  readonly onFailure: (upstream: Upstream) => void;
  /** One that was down is back. */
  readonly onUp: (upstream: Upstream) => void;
  /** One is found to mind in which letter case a name is spelled. */
  readonly onMindsCase: (upstream: Upstream) => void;
}

/**
 * One question on its way through the upstreams: asks them in the order given, the next one when one fails or is late,
 * and takes the first answer, whoever it comes from, until the time is up.
 */
export class Resolution implements AttemptOwner {
  readonly question: Question;
  /** Nothing while it is under way. */
  outcome: Outcome | undefined;
  readonly startedAt: number;
  readonly #parts: ResolutionParts;
  readonly #candidates: Candidates;
  readonly #settled: (outcome: Outcome) => void;
  readonly #spellingCheck = new SpellingCheck((attempt, negative) => this.#prove(attempt, negative));
  readonly #endsAt: number;
  #cancelTimer: (() => void) | undefined;
  /** The best of what was no answer: a refusal, or a truncated reply. */
  #lastResort: Reply | undefined;
  #ede: number = EDE.NO_REACHABLE_AUTHORITY;

  /** @param candidates upstreams in the order of preference */
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

  /** @param atOnce how many upstreams are asked at the same time */
  start(atOnce: number): void {
    for (let i = 0; i < atOnce && !this.outcome; i++) this.#askNext();
  }

  /** Nobody wants the outcome any more. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#candidates.end();
  }

  /** A reply to an attempt, which may come long after the question is settled. */
  replied(attempt: Attempt, octets: Uint8Array, caseKept: boolean, milliseconds: number): void {
    const { upstream } = attempt;
    upstream.heard(milliseconds, this.#parts.timers.now());
    const reply = readFor(attempt, octets, this.#parts.bounds);
    if (attempt.purpose.proves !== undefined) {
      if (caseKept && negativeOf(reply) === attempt.purpose.proves)
        this.#mindsCase(upstream.spelling.foundToMind(), upstream);
      return;
    }
    this.#candidates.close(attempt);
    if (attempt.isMixed) upstream.spelling.answeredMixed();
    if (attempt.mixedCase) {
      if (caseKept) upstream.spelling.keptCase();
      else if (!this.#acceptChangedCase(attempt)) return;
    } else this.#mindsCase(upstream.spelling.answeredOwn(), upstream);
    if (reply?.truncated && attempt.via === "udp") this.#answered(attempt, reply);
    else if (reply && isPuzzledByEdns(attempt, reply)) this.#again(attempt, attempt.via, false);
    else if (this.#isBelieved(attempt, reply)) this.#take(attempt, reply);
  }

  #take(attempt: Attempt, reply: Reply | undefined): void {
    if (!reply || !isForClients(reply)) this.#failed(attempt, "bad_reply");
    else if (reply.rcode === RCODE.SERVFAIL || reply.rcode === RCODE.REFUSED) this.#declined(attempt, reply);
    else this.#answered(attempt, reply);
  }

  /** Where a no may come of the spelling, the client's is asked first. */
  #isBelieved(attempt: Attempt, reply: Reply | undefined): boolean {
    const belief = this.#spellingCheck.judge(attempt, reply);
    if (belief === "believed") return true;
    const { upstream, via } = attempt;
    const result = resultOf(reply);
    upstream.count(result);
    if (result === "servfail" || result === "refused") this.#lastResort ??= reply;
    if (belief === "ask") this.#again(attempt, via, upstream.speaksEdns(this.#parts.timers.now()));
    return false;
  }

  /** Asks in mixed case once more; nobody waits for that. */
  #prove(attempt: Attempt, proves: Negative): void {
    const { candidate, upstream, via, edns } = attempt;
    const proof = this.#attempt(candidate, via, edns, "mixed", { proves });
    // With a letter or two, chance may have it that it is the client's spelling again.
    if (!proof.isMixed) return;
    upstream.asked();
    this.#send(proof);
  }

  #mindsCase(isNews: boolean, upstream: Upstream): void {
    if (isNews) this.#parts.onMindsCase(upstream);
  }

  /** The network refused an attempt. @param reason in words */
  refused(attempt: Attempt, reason: string): void {
    if (attempt.purpose.proves !== undefined) return;
    this.#candidates.close(attempt);
    this.#ede = EDE.NETWORK_ERROR;
    if (attempt.upstream.failed(reason, this.question)) this.#parts.onFailure(attempt.upstream);
    if (attempt.purpose.checksCase) {
      attempt.upstream.count("network_error");
      // Without TCP it stays open whose change it was: a datagram has to do.
      this.#again(attempt, "udp", attempt.edns);
    } else this.#failed(attempt, "network_error");
  }

  #answered(attempt: Attempt, reply: Reply): void {
    const { upstream } = attempt;
    const { timers, onUp } = this.#parts;
    upstream.count("answered");
    if (upstream.succeeded()) onUp(upstream);
    // Who understands the question neither way tells nothing about EDNS, and a client's options may be what it minds.
    const isPlain = !attempt.edns && !isPuzzle(reply.rcode) && this.question.options.length === 0;
    if (isPlain) upstream.answeredPlain(timers.now());
    if (reply.truncated && attempt.via === "udp") {
      this.#lastResort = reply;
      this.#again(attempt, "tcp", attempt.edns);
    } else this.#settle({ kind: "reply", reply: shared(attempt, reply) });
  }

  #declined(attempt: Attempt, reply: Reply): void {
    this.#lastResort ??= reply;
    const isServfail = reply.rcode === RCODE.SERVFAIL;
    if (isServfail && attempt.upstream.gaveUp(this.question, this.#parts.timers.now()))
      this.#parts.onFailure(attempt.upstream);
    this.#failed(attempt, isServfail ? "servfail" : "refused", DECLINED);
  }

  /**
   * A datagram whose question has other letter case may be forged: the question is asked again over TCP, where nobody
   * can meddle. If the letters come back changed there too, the upstream is one that changes them.
   */
  #acceptChangedCase(attempt: Attempt): boolean {
    const isCertain = attempt.via !== "udp";
    attempt.upstream.changedCase(isCertain);
    if (isCertain) return true;
    this.#again(attempt, "tcp", attempt.edns, { checksCase: true });
    return false;
  }

  /** Asks the same upstream once more, otherwise. */
  #again(attempt: Attempt, via: Via, edns: boolean, purpose: Purpose = {}): void {
    if (!this.outcome) this.#ask(attempt.candidate, via, edns, purpose);
  }

  #failed(attempt: Attempt, result: ForwardResult, state = FAILED): void {
    attempt.upstream.count(result);
    if (this.outcome) return;
    this.#candidates.enter(attempt.candidate, state);
    this.#askNext();
  }

  /** Asks the next upstream that can be. */
  #askNext(): void {
    const { timers, maxPerUpstream } = this.#parts;
    const now = timers.now();
    const candidate = this.#candidates.take((upstream) => {
      const hasRoom = upstream.hasRoom(maxPerUpstream, now);
      if (!hasRoom && this.#candidates.isIdle) this.#ede = EDE.OVER_QUOTA;
      return hasRoom;
    });
    if (candidate !== undefined) {
      const upstream = this.#candidates.upstreams[candidate];
      this.#ask(candidate, upstream.links.datagrams ? "udp" : "tls", upstream.speaksEdns(now));
    } else if (this.#candidates.isHopeless) this.#giveUp();
    else this.#wait();
  }

  #ask(candidate: number, via: Via, edns: boolean, purpose: Purpose = {}): void {
    const upstream = this.#candidates.upstreams[candidate];
    const attempt = this.#attempt(candidate, via, edns, this.#lettersFor(candidate), purpose);
    upstream.asked();
    const patience = via === "udp" ? upstream.timeout : Math.max(MIN_STREAM_MS, STREAM_TURNS * upstream.timeout);
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

  /** Who said no to mixed case, or nothing, may know the client's spelling. */
  #lettersFor(candidate: number): Letters {
    const { spelling } = this.#candidates.upstreams[candidate];
    if (!this.#parts.mixedCase || this.#spellingCheck.isHeld(candidate)) return "own";
    const isDoubtful = this.#candidates.isSilentOnMixed(candidate) && !spelling.isTrusted;
    return isDoubtful ? "own" : spelling.letters;
  }

  /** Until an answer is late or the time is up. */
  #wait(): void {
    const { timers } = this.#parts;
    this.#cancelTimer?.();
    this.#cancelTimer = timers.after(Math.max(0, Math.ceil(this.#candidates.nextDue() - timers.now())), this.#onTime);
  }

  readonly #onTime = (): void => {
    const now = this.#parts.timers.now();
    this.#cancelTimer = undefined;
    const late = this.#markLate(now);
    if (now >= this.#endsAt) this.#giveUp();
    // Timers can be early by a part of a millisecond.
    else if (late === 0) this.#wait();
    else for (let i = 0; i < late && !this.outcome; i++) this.#askNext();
  };

  /** Notes whose answers are late. Returns how many. */
  #markLate(now: number): number {
    const late = this.#candidates.takeLate(now);
    for (const candidate of late) {
      const upstream = this.#candidates.upstreams[candidate];
      upstream.count("timeout");
      if (this.#candidates.isSilentOnMixed(candidate)) upstream.spelling.silentOnMixed();
      if (upstream.late(this.question, this.#candidates.askedAt(candidate), now)) this.#parts.onFailure(upstream);
    }
    return late.length;
  }

  #giveUp(): void {
    const reply = this.#lastResort;
    const isMute = !reply || (reply.rcode === RCODE.SERVFAIL && reply.options.length === 0);
    this.#settle(isMute ? { kind: "failed", ede: this.#ede } : { kind: "reply", reply });
  }

  #settle(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.cancel();
    this.#settled(outcome);
  }
}

/** Over a stream an answer can take a connection, perhaps with TLS, first. */
const STREAM_TURNS = 3;
const MIN_STREAM_MS = 500;
