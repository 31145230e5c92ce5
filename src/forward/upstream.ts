import { formatResolver } from "../base/host-port.js";
import type { Resolver } from "../config/config.js";
import type { Ignored, Link } from "./link.js";
import type { Question } from "./question.js";
import { type ForwardResult, ROUND_TRIP_BUCKETS, type UpstreamHealth, type UpstreamReport } from "./report.js";
import { Spelling } from "./spelling.js";

/** Milliseconds until the first reply is late, and bounds of the timeout computed later (as in Unbound and RFC 6298). */
const FIRST_TIMEOUT = 400;
const MIN_TIMEOUT = 100;
const MAX_TIMEOUT = 1_500;

/** Failures in a row, late replies or network errors, after which an upstream is in doubt or down. */
const MAX_FAILURES = 3;
/** How long an upstream in doubt has to stay silent, to probes too, until it is down. Slow names alone do not take it down. */
const DOUBT_MS = 5_000;
/** Shortest time between two searches for queries that are no longer wanted. */
const FORGET_INTERVAL_MS = 100;
/** SERVFAILs in a row after which an upstream is down. More than `MAX_FAILURES`, as the reason may be the question. */
const MAX_SERVFAILS = 20;
/** How long an upstream that is down for SERVFAIL stays so at least: it may answer the probe and nothing else. */
const SERVFAIL_DOWN_MS = 10_000;
/** How long an upstream without EDNS support is asked without EDNS. */
const NO_EDNS_MS = 600_000;

/** The links to an upstream. One asked over TLS has no link for datagrams. */
export interface UpstreamLinks {
  readonly datagrams: Link | undefined;
  readonly stream: Link;
}

/** @param authorities certificates, in PEM, of the authorities to trust for DNS over TLS */
export type MakeLinks = (
  resolver: Resolver,
  authorities: string | undefined,
  ignored: (reason: Ignored) => void,
) => UpstreamLinks;

/** One upstream resolver: its links, its health, its round-trip time, and what it does not support. */
export class Upstream {
  /** The resolver in the configuration's notation. */
  readonly name: string;
  readonly resolver: Resolver;
  readonly links: UpstreamLinks;
  /** Zones for which it sends our queries back to us; "" for names in no zone of `zoneResolvers`. */
  readonly loops = new Set<string>();
  readonly spelling = new Spelling();
  /** How often it has come back after being down. After that, questions that failed may be asked again. */
  recoveries = 0;
  /** Its last failure, in words; "" if there was none. */
  lastFailure = "";
  /** The question it failed to answer last. */
  unanswered: Question | undefined;
  #isDown = false;
  /** Since when it is in doubt: replies were late `MAX_FAILURES` times in a row, and nothing has arrived since. */
  #doubtedSince: number | undefined;
  /** When the last reply arrived. */
  #lastReplyAt = Number.NEGATIVE_INFINITY;
  #forgotAt = Number.NEGATIVE_INFINITY;
  /** Questions that wait for its reply, which is not late yet. */
  #due = 0;
  /** When it last replied SERVFAIL before it went down. */
  #downAt = 0;
  /** Whether it is down because it was silent or unreachable, not because of SERVFAIL. */
  #isSilent = false;
  #failures = 0;
  #servfails = 0;
  #noEdnsUntil = Number.NEGATIVE_INFINITY;
  /** Smoothed round-trip time and its deviation in milliseconds (RFC 6298 §2); negative before the first. */
  #roundTrip = -1;
  #deviation = 0;
  #queries = 0;
  readonly #results: Record<ForwardResult, number> = noResults();
  readonly #ignored: Record<Ignored, number> = {
    unexpected: 0,
    question: 0,
    malformed: 0,
    letter_case: 0,
  };
  readonly #buckets = new Float64Array(ROUND_TRIP_BUCKETS.length + 1);
  #seconds = 0;

  constructor(resolver: Resolver, authorities: string | undefined, makeLinks: MakeLinks) {
    this.name = formatResolver(resolver);
    this.resolver = resolver;
    this.links = makeLinks(resolver, authorities, (reason) => {
      this.#ignored[reason]++;
    });
  }

  get isUp(): boolean {
    return !this.#isDown && !this.looping;
  }

  /** Up and not in doubt: asked before upstreams that are not. */
  get isSound(): boolean {
    return this.isUp && this.#doubtedSince === undefined;
  }

  /** Whether it sends our queries back to us. */
  get looping(): boolean {
    return this.loops.size > 0;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Smoothed, in milliseconds; 0 before the first reply, so that every upstream is tried. */
  get roundTrip(): number {
    return Math.max(0, this.#roundTrip);
  }

  /** Milliseconds after which a reply is late. */
  get timeout(): number {
    if (this.#roundTrip < 0) return FIRST_TIMEOUT;
    return Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, this.#roundTrip + 4 * this.#deviation));
  }

  get inFlight(): number {
    const { datagrams, stream } = this.links;
    return (datagrams?.inFlight ?? 0) + stream.inFlight;
  }

  /** Whether it may be sent another query. Late ones do not count: they may be lost. @param most allowed at the same time */
  hasRoom(most: number, now: number): boolean {
    if (this.inFlight < most) return true;
    if (now - this.#forgotAt >= FORGET_INTERVAL_MS) {
      this.#forgotAt = now;
      this.links.datagrams?.forgetUnwanted();
      this.links.stream.forgetUnwanted();
    }
    return this.#due < most;
  }

  /** Adds to the number of questions that wait for its reply. */
  addDue(change: number): void {
    this.#due += change;
  }

  /** Whether to ask it with EDNS now. */
  speaksEdns(now: number): boolean {
    return now >= this.#noEdnsUntil;
  }

  asked(): void {
    this.#queries++;
  }

  count(result: ForwardResult): void {
    this.#results[result]++;
  }

  /** A reply arrived, whatever its content. @param milliseconds round-trip time */
  replyReceived(milliseconds: number, now: number): void {
    const deviation = Math.abs(this.#roundTrip - milliseconds);
    const isFirst = this.#roundTrip < 0;
    this.#deviation = isFirst ? milliseconds / 2 : this.#deviation + (deviation - this.#deviation) / 4;
    this.#roundTrip = isFirst ? milliseconds : this.#roundTrip + (milliseconds - this.#roundTrip) / 8;
    const seconds = milliseconds / 1000;
    const bucket = ROUND_TRIP_BUCKETS.findIndex((bound) => seconds <= bound);
    this.#buckets[bucket < 0 ? ROUND_TRIP_BUCKETS.length : bucket]++;
    this.#seconds += seconds;
    this.#noteAlive(now);
  }

  /** It answered a question: it is up. Returns whether it was down before. */
  succeeded(): boolean {
    this.#servfails = 0;
    this.#failures = 0;
    if (!this.#isDown) return false;
    this.#isDown = false;
    this.recoveries++;
    return true;
  }

  /**
   * It replied to a probe. If it was silent before, any reply brings it back: an upstream that knows some zones and cannot reach
   * the root replies SERVFAIL. If it was down for SERVFAIL, only another reply after `SERVFAIL_DOWN_MS` does. Returns whether it
   * came back.
   */
  probed(isServfail: boolean, sentAt: number, now: number): boolean {
    this.#noteAlive(now);
    if (!this.#isDown) return false;
    const isMended = !isServfail && sentAt - this.#downAt >= SERVFAIL_DOWN_MS;
    return (this.#isSilent || isMended) && this.succeeded();
  }

  /** The network failed for a query. Returns whether the upstream went down by that. @param reason in words */
  failed(reason: string, question: Question): boolean {
    this.lastFailure = reason;
    this.unanswered = question;
    return ++this.#failures >= MAX_FAILURES && this.#goDown(true);
  }

  /**
   * The reply to a query sent at `sentAt` is late. That is no failure if another reply has arrived since: then the name is slow,
   * or a packet was lost. Returns whether the upstream came into doubt by that.
   */
  timedOut(question: Question, sentAt: number, now: number): boolean {
    if (this.#lastReplyAt >= sentAt) return false;
    this.lastFailure = "no answer in time";
    this.unanswered = question;
    if (++this.#failures < MAX_FAILURES || this.#isDown || this.#doubtedSince !== undefined) return false;
    this.#doubtedSince = now;
    return true;
  }

  /** Takes the upstream down if it has been in doubt for `DOUBT_MS`. Returns whether it went down by that. */
  settleDoubt(now: number): boolean {
    return this.#doubtedSince !== undefined && now - this.#doubtedSince >= DOUBT_MS && this.#goDown(true);
  }

  /** It replied SERVFAIL. Returns whether it went down by that. */
  answeredServfail(question: Question, now: number): boolean {
    if (!this.#isDown) this.#downAt = now;
    this.lastFailure = "answered SERVFAIL";
    this.unanswered = question;
    return ++this.#servfails >= MAX_SERVFAILS && this.#goDown(false);
  }

  /** A reply's question had another letter case. @param isCertain whether the reply cannot be forged */
  changedCase(isCertain: boolean): void {
    if (!isCertain) this.#ignored.letter_case++;
    this.spelling.changedCase(isCertain);
  }

  /** It answered without EDNS, which is only asked after it rejected EDNS: asks it without EDNS for `NO_EDNS_MS`. */
  answeredWithoutEdns(now: number): void {
    if (this.speaksEdns(now)) this.#noEdnsUntil = now + NO_EDNS_MS;
  }

  /** Forgets queries sent before this time, and closes idle sockets. */
  expire(before: number): void {
    this.links.datagrams?.expire(before);
    this.links.stream.expire(before);
  }

  close(): void {
    this.links.datagrams?.close();
    this.links.stream.close();
  }

  report(): UpstreamReport {
    return {
      health: this.#health(),
      roundTripSeconds: this.#roundTrip < 0 ? undefined : this.#roundTrip / 1000,
      inFlight: this.inFlight,
      queries: this.#queries,
      results: { ...this.#results },
      ignored: { ...this.#ignored },
      roundTrips: { buckets: [...this.#buckets], sum: this.#seconds },
      mixedCase: this.spelling.keepsCase && !this.spelling.mindsCase,
      mindsCase: this.spelling.mindsCase,
      lastFailure: this.lastFailure,
    };
  }

  #health(): UpstreamHealth {
    if (this.looping) return "loop";
    return this.#isDown ? "down" : "up";
  }

  #noteAlive(now: number): void {
    this.#lastReplyAt = now;
    this.#failures = 0;
    this.#doubtedSince = undefined;
  }

  #goDown(isSilent: boolean): boolean {
    this.#doubtedSince = undefined;
    if (this.#isDown) return false;
    this.#isDown = true;
    this.#isSilent = isSilent;
    return true;
  }
}

function noResults(): Record<ForwardResult, number> {
  return { answered: 0, servfail: 0, refused: 0, timeout: 0, network_error: 0, bad_reply: 0 };
}
