import { EDE, RCODE } from "../dns/protocol.js";
import { type Reply, readReply, type TtlBounds } from "../dns/reply.js";
import type { Timers } from "../timers.js";
import { Attempt } from "./attempt.js";
import type { Via } from "./link.js";
import type { Question } from "./question.js";
import type { ForwardResult } from "./report.js";
import type { Upstream } from "./upstream.js";

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
  /** An upstream has failed once too often. */
  readonly onDown: (upstream: Upstream) => void;
  /** One that had is back. */
  readonly onUp: (upstream: Upstream) => void;
}

/** What a candidate has come to in this resolution; 0 before it is asked. */
const ASKED = 1;
const SILENT = 2;
const FAILED = 3;

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
  /** When the answer of a candidate that has been asked is late. */
  readonly #dueAt: Float64Array;
  readonly #endsAt: number;
  #next = 0;
  /** Attempts whose answer may still come. */
  #outstanding = 0;
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
    this.#dueAt = new Float64Array(candidates.length);
    this.#endsAt = this.startedAt + parts.timeoutMs;
  }

  /** @param atOnce how many upstreams are asked at the same time */
  start(atOnce: number): void {
    for (let i = 0; i < atOnce && !this.outcome; i++) this.#askNext();
  }

  /** Nobody wants the outcome any more. */
  cancel(): void {
    this.#cancelTimer?.();
  }

  /** A reply to an attempt, which may come long after the question is settled. */
  replied(attempt: Attempt, octets: Uint8Array, caseKept: boolean, milliseconds: number): void {
    const { upstream } = attempt;
    upstream.heard(milliseconds);
    this.#outstanding--;
    if (attempt.mixedCase) {
      if (caseKept) upstream.keptCase();
      else if (!this.#acceptChangedCase(attempt)) return;
    }
    const reply = readReply(octets, attempt.questionEnd, this.question.type, this.#parts.bounds, this.question.options);
    // An extended rcode is about EDNS between this server and the upstream: nothing for the client.
    if (!reply || (reply.rcode > MAX_PLAIN_RCODE && !isPuzzledByEdns(attempt, reply)))
      this.#failed(attempt, "bad_reply");
    else if (reply.rcode === RCODE.SERVFAIL || reply.rcode === RCODE.REFUSED) this.#declined(attempt, reply);
    else if (isPuzzledByEdns(attempt, reply)) {
      this.#again(attempt, attempt.via, false);
    } else this.#answered(attempt, reply, milliseconds);
  }

  /** The network refused an attempt. @param reason in words */
  refused(attempt: Attempt, reason: string): void {
    this.#outstanding--;
    this.#ede = EDE.NETWORK_ERROR;
    if (attempt.upstream.failed(reason, this.question)) this.#parts.onDown(attempt.upstream);
    if (attempt.checksCase) {
      attempt.upstream.count("network_error");
      // Without TCP it stays open whose change it was: a datagram has to do.
      this.#again(attempt, "udp", attempt.edns);
    } else this.#failed(attempt, "network_error");
  }

  #answered(attempt: Attempt, reply: Reply, milliseconds: number): void {
    const { upstream } = attempt;
    const { timers, onUp } = this.#parts;
    upstream.count("answered");
    if (upstream.succeeded(timers.now() - milliseconds)) onUp(upstream);
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
      this.#parts.onDown(attempt.upstream);
    this.#failed(attempt, isServfail ? "servfail" : "refused");
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

  #failed(attempt: Attempt, result: ForwardResult): void {
    attempt.upstream.count(result);
    if (this.outcome) return;
    this.#states[attempt.candidate] = FAILED;
    this.#askNext();
  }

  /** Asks the next upstream that can be: first those not asked yet, then those that are silent. */
  #askNext(): void {
    const count = this.#candidates.length;
    for (let i = 0; i < count; i++) {
      const candidate = (this.#next + i) % count;
      if (this.#states[candidate] === FAILED || this.#states[candidate] === ASKED) continue;
      if (this.#candidates[candidate].inFlight >= this.#parts.maxPerUpstream) {
        if (this.#outstanding === 0) this.#ede = EDE.OVER_QUOTA;
        continue;
      }
      this.#next = candidate + 1;
      const upstream = this.#candidates[candidate];
      this.#ask(candidate, upstream.links.datagrams ? "udp" : "tls", upstream.speaksEdns(this.#parts.timers.now()));
      return;
    }
    if (this.#outstanding === 0 || this.#states.every((state) => state === FAILED)) this.#giveUp();
    else this.#wait();
  }

  #ask(candidate: number, via: Via, edns: boolean, checksCase = false): void {
    const { random16, timers } = this.#parts;
    const upstream = this.#candidates[candidate];
    const { datagrams, stream } = upstream.links;
    this.#states[candidate] = ASKED;
    this.#outstanding++;
    upstream.asked();
    const style = { mixedCase: upstream.keepsCase, edns, padded: via === "tls", random16 };
    const attempt = new Attempt(this, candidate, upstream, via, style, checksCase);
    const patience = via === "udp" ? upstream.timeout : Math.max(MIN_STREAM_MS, STREAM_TURNS * upstream.timeout);
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
      this.#states[i] = SILENT;
      late++;
      const upstream = this.#candidates[i];
      upstream.count("timeout");
      if (upstream.failed("no answer in time", this.question)) this.#parts.onDown(upstream);
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
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#settled(outcome);
  }
}

const MAX_PLAIN_RCODE = 15;

/** Over a stream an answer can take a connection, perhaps with TLS, first. */
const STREAM_TURNS = 3;
const MIN_STREAM_MS = 500;

/** Servers from before EDNS answer it with one of these, and without EDNS themselves (RFC 6891 §7). */
function isPuzzledByEdns(attempt: Attempt, { rcode, edns }: Reply): boolean {
  return attempt.edns && isPuzzle(rcode) && (!edns || rcode === RCODE.BADVERS);
}

function isPuzzle(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS;
}
