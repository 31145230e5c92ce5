import { EDE, RCODE } from "../dns/protocol.js";
import type { Reply, TtlBounds } from "../dns/reply.js";
import type { Timers } from "../timers.js";
import { Attempt } from "./attempt.js";
import type { Via } from "./link.js";
import type { Question } from "./question.js";
import type { ForwardResult } from "./report.js";
import type { Upstream } from "./upstream.js";
import { isForClients, isPuzzle, isPuzzledByEdns, readFor } from "./verdict.js";

/** What asking upstream came to. */
export type Outcome = { readonly kind: "reply"; readonly reply: Reply } | Failed;

/** No resolver had an answer; `ede` is the extended error (RFC 8914) that says why. */
export interface Failed {
  readonly kind: "failed";
  readonly ede: number;
}

export interface ResolutionParts {
  readonly timers: Timers;
  readonly random16: () => number;
  readonly bounds: TtlBounds;
  /** Milliseconds that all of it may take. */
  readonly timeoutMs: number;
  readonly maxPerUpstream: number;
  /** An upstream has failed once too often, or is in doubt. */
  readonly onFailure: (upstream: Upstream) => void;
  /** One that was down is back. */
  readonly onUp: (upstream: Upstream) => void;
}

/** What a candidate has come to in this resolution; 0 before it is asked. */
const ASKED = 1;
const SILENT = 2;
/** The network refused, or the reply was none: what it was asked before may still be answered. */
const FAILED = 3;
/** It said that it has no answer. */
const DECLINED = 4;

/**
 * One question on its way through the upstreams: asks them in the order given, the next one when one fails or is late,
 * and takes the first answer, whoever it comes from, until the time is up.
 */
export class Resolution {
  readonly question: Question;
  /** Nothing while it is under way. */
  outcome: Outcome | undefined;
  readonly startedAt: number;
  readonly #parts: ResolutionParts;
  readonly #candidates: readonly Upstream[];
  readonly #states: Uint8Array;
  readonly #settled: (outcome: Outcome) => void;
  /** Attempts made with each candidate: every further one is waited for twice as long. */
  readonly #rounds: Uint8Array;
  /** When each was asked last, and when its answer is late. */
  readonly #askedAt: Float64Array;
  readonly #dueAt: Float64Array;
  /** Attempts with each whose answer may still come. */
  readonly #open: Uint8Array;
  readonly #endsAt: number;
  #next = 0;
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
    this.#candidates = candidates;
    this.#settled = settled;
    this.#states = new Uint8Array(candidates.length);
    this.#rounds = new Uint8Array(candidates.length);
    this.#askedAt = new Float64Array(candidates.length);
    this.#dueAt = new Float64Array(candidates.length);
    this.#open = new Uint8Array(candidates.length);
    this.#endsAt = this.startedAt + parts.timeoutMs;
  }

  /** @param atOnce how many upstreams are asked at the same time */
  start(atOnce: number): void {
    for (let i = 0; i < atOnce && !this.outcome; i++) this.#askNext();
  }

  /** Nobody wants the outcome any more. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#candidates.forEach((_, i) => {
      if (this.#states[i] === ASKED) this.#enter(i, SILENT);
    });
  }

  /** A reply to an attempt, which may come long after the question is settled. */
  replied(attempt: Attempt, octets: Uint8Array, caseKept: boolean, milliseconds: number): void {
    const { upstream } = attempt;
    upstream.heard(milliseconds, this.#parts.timers.now());
    this.#open[attempt.candidate]--;
    if (attempt.mixedCase) {
      if (caseKept) upstream.keptCase();
      else if (!this.#acceptChangedCase(attempt)) return;
    }
    const reply = readFor(attempt, octets, this.#parts.bounds);
    if (reply?.truncated && attempt.via === "udp") this.#answered(attempt, reply);
    else if (!reply || (!isForClients(reply) && !isPuzzledByEdns(attempt, reply))) this.#failed(attempt, "bad_reply");
    else if (reply.rcode === RCODE.SERVFAIL || reply.rcode === RCODE.REFUSED) this.#declined(attempt, reply);
    else if (isPuzzledByEdns(attempt, reply)) {
      this.#again(attempt, attempt.via, false);
    } else this.#answered(attempt, reply);
  }

  /** The network refused an attempt. @param reason in words */
  refused(attempt: Attempt, reason: string): void {
    this.#open[attempt.candidate]--;
    this.#ede = EDE.NETWORK_ERROR;
    if (attempt.upstream.failed(reason, this.question)) this.#parts.onFailure(attempt.upstream);
    if (attempt.checksCase) {
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
    } else this.#settle({ kind: "reply", reply });
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
    this.#again(attempt, "tcp", attempt.edns, true);
    return false;
  }

  /** Asks the same upstream once more, otherwise. */
  #again(attempt: Attempt, via: Via, edns: boolean, checksCase = false): void {
    if (!this.outcome) this.#ask(attempt.candidate, via, edns, checksCase);
  }

  #failed(attempt: Attempt, result: ForwardResult, state = FAILED): void {
    attempt.upstream.count(result);
    if (this.outcome) return;
    if (this.#states[attempt.candidate] !== DECLINED) this.#enter(attempt.candidate, state);
    this.#askNext();
  }

  /** Asks the next upstream that can be: first those not asked yet, then those that are silent. */
  #askNext(): void {
    const { timers, maxPerUpstream } = this.#parts;
    const count = this.#candidates.length;
    for (let i = 0; i < count; i++) {
      const candidate = (this.#next + i) % count;
      if (this.#states[candidate] >= FAILED || this.#states[candidate] === ASKED) continue;
      const upstream = this.#candidates[candidate];
      if (!upstream.hasRoom(maxPerUpstream, timers.now())) {
        if (this.#open.every((open) => open === 0)) this.#ede = EDE.OVER_QUOTA;
        continue;
      }
      this.#next = candidate + 1;
      this.#ask(candidate, upstream.links.datagrams ? "udp" : "tls", upstream.speaksEdns(timers.now()));
      return;
    }
    // Who has said that it has no answer will not have one for an earlier attempt.
    if (this.#open.every((open, i) => open === 0 || this.#states[i] === DECLINED)) this.#giveUp();
    else this.#wait();
  }

  #enter(candidate: number, state: number): void {
    const change = Number(state === ASKED) - Number(this.#states[candidate] === ASKED);
    this.#states[candidate] = state;
    this.#candidates[candidate].dueChanged(change);
  }

  #ask(candidate: number, via: Via, edns: boolean, checksCase = false): void {
    const { random16, timers } = this.#parts;
    const upstream = this.#candidates[candidate];
    const { datagrams, stream } = upstream.links;
    this.#enter(candidate, ASKED);
    this.#open[candidate]++;
    upstream.asked();
    const style = { mixedCase: upstream.keepsCase, edns, padded: via === "tls", random16 };
    const attempt = new Attempt(this, candidate, upstream, via, style, checksCase);
    const patience = via === "udp" ? upstream.timeout : Math.max(MIN_STREAM_MS, STREAM_TURNS * upstream.timeout);
    this.#askedAt[candidate] = timers.now();
    this.#dueAt[candidate] = Math.min(timers.now() + patience * 2 ** this.#rounds[candidate]++, this.#endsAt);
    this.#wait();
    const link = via === "udp" && datagrams ? datagrams : stream;
    link.send(attempt);
  }

  /** Until an answer is late or the time is up. */
  #wait(): void {
    const { timers } = this.#parts;
    let until = this.#endsAt;
    this.#states.forEach((state, i) => {
      if (state === ASKED) until = Math.min(until, this.#dueAt[i]);
    });
    this.#cancelTimer?.();
    this.#cancelTimer = timers.after(Math.max(0, Math.ceil(until - timers.now())), this.#onTime);
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
    let late = 0;
    this.#states.forEach((state, i) => {
      if (state !== ASKED || now < this.#dueAt[i]) return;
      this.#enter(i, SILENT);
      late++;
      const upstream = this.#candidates[i];
      upstream.count("timeout");
      if (upstream.late(this.question, this.#askedAt[i], now)) this.#parts.onFailure(upstream);
    });
    return late;
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
