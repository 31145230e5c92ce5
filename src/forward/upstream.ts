import { formatResolver } from "../base/host-port.js";
import type { Resolver } from "../config/config.js";
import type { Ignored, Link } from "./link.js";
import type { Question } from "./question.js";
import { type ForwardResult, ROUND_TRIP_BUCKETS, type UpstreamHealth, type UpstreamReport } from "./report.js";
import { Spelling } from "./spelling.js";

/** Milliseconds that a first answer is waited for, and bounds of what is measured later (Unbound's and RFC 6298's sense). */
const FIRST_TIMEOUT = 400;
const MIN_TIMEOUT = 100;
const MAX_TIMEOUT = 1_500;

/** In a row: queries without an answer in time, or that the network refused, after which an upstream is left out. */
const MAX_FAILURES = 3;
/** How long one in doubt has to say nothing at all, not even to probes, until it is down: slow names are no silence. */
const DOUBT_MS = 5_000;
/** Between two looks through all that waits for what nobody wants any more. */
const SHED_MS = 100;
/** The same for SERVFAIL, which may be the question's fault. */
const MAX_SERVFAILS = 20;
/** How long one that says SERVFAIL is left out at least: it may answer what it is probed with, and nothing else. */
const MEND_MS = 10_000;
/** How long an upstream that stumbled over EDNS is asked without. */
const PLAIN_MS = 600_000;

/** The links to an upstream: datagrams are not for those asked over TLS. */
export interface UpstreamLinks {
  readonly datagrams: Link | undefined;
  readonly stream: Link;
}

/** @param authorities PEM of those who sign the certificates of resolvers asked over TLS */
export type MakeLinks = (
  resolver: Resolver,
  authorities: string | undefined,
  ignored: (reason: Ignored) => void,
) => UpstreamLinks;

/** One upstream resolver: how it is, how fast it is, and what it cannot do. */
export class Upstream {
  /** As the configuration writes it. */
  readonly name: string;
  readonly resolver: Resolver;
  readonly links: UpstreamLinks;
  /** Zones for whose names it sends our queries back to us; "" for all other names. */
  readonly loops = new Set<string>();
  readonly spelling = new Spelling();
  /** Times that it came back: who was told of a failure before may ask again. */
  recoveries = 0;
  /** What went wrong with it last, in words; "" before anything did. */
  lastFailure = "";
  /** The question it failed to answer last. */
  unanswered: Question | undefined;
  #isDown = false;
  /** Since when answers are late one after another and nothing else is heard. */
  #doubtedSince: number | undefined;
  /** When a reply came last. */
  #heardAt = Number.NEGATIVE_INFINITY;
  #shedAt = Number.NEGATIVE_INFINITY;
  /** Questions whose answer is due and not late yet. */
  #due = 0;
  /** When it said SERVFAIL last before it went down. */
  #downAt = 0;
  /** It is down because it said nothing, not because of what it said. */
  #isSilent = false;
  #failures = 0;
  #servfails = 0;
  #plainUntil = Number.NEGATIVE_INFINITY;
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

  /** Up, as far as is known, and answering: asked before those that are not. */
  get isSound(): boolean {
    return this.isUp && this.#doubtedSince === undefined;
  }

  /** It sends our queries back to us. */
  get looping(): boolean {
    return this.loops.size > 0;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Smoothed milliseconds; 0 before the first answer, so that everybody gets a try. */
  get roundTrip(): number {
    return Math.max(0, this.#roundTrip);
  }

  /** Milliseconds after which an answer is late. */
  get timeout(): number {
    if (this.#roundTrip < 0) return FIRST_TIMEOUT;
    return Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, this.#roundTrip + 4 * this.#deviation));
  }

  get inFlight(): number {
    const { datagrams, stream } = this.links;
    return (datagrams?.inFlight ?? 0) + stream.inFlight;
  }

  /** Whether one more query is not too many. Those that are late do not count: they may be lost, and are waited for. */
  hasRoom(most: number, now: number): boolean {
    if (this.inFlight < most) return true;
    if (now - this.#shedAt >= SHED_MS) {
      this.#shedAt = now;
      this.links.datagrams?.forgetUnwanted();
      this.links.stream.forgetUnwanted();
    }
    return this.#due < most;
  }

  /** So many questions more whose answer is due. */
  dueChanged(change: number): void {
    this.#due += change;
  }

  /** Whether it is asked with EDNS at this moment. */
  speaksEdns(now: number): boolean {
    return now >= this.#plainUntil;
  }

  asked(): void {
    this.#queries++;
  }

  count(result: ForwardResult): void {
    this.#results[result]++;
  }

  /** A reply came, whatever it said. */
  heard(milliseconds: number, now: number): void {
    const deviation = Math.abs(this.#roundTrip - milliseconds);
    const isFirst = this.#roundTrip < 0;
    this.#deviation = isFirst ? milliseconds / 2 : this.#deviation + (deviation - this.#deviation) / 4;
    this.#roundTrip = isFirst ? milliseconds : this.#roundTrip + (milliseconds - this.#roundTrip) / 8;
    const seconds = milliseconds / 1000;
    const bucket = ROUND_TRIP_BUCKETS.findIndex((bound) => seconds <= bound);
    this.#buckets[bucket < 0 ? ROUND_TRIP_BUCKETS.length : bucket]++;
    this.#seconds += seconds;
    this.#isThere(now);
  }

  /** It answered a question: it is well. Returns whether it was not before. */
  succeeded(): boolean {
    this.#servfails = 0;
    this.#failures = 0;
    if (!this.#isDown) return false;
    this.#isDown = false;
    this.recoveries++;
    return true;
  }

  /**
   * It answered the question whether it is back. If it was silent, any answer will do: one that knows some zones and
   * cannot reach the root says SERVFAIL for that. If it said SERVFAIL, it gets some time to be mended. Returns whether it
   * is back.
   */
  probed(isServfail: boolean, sentAt: number, now: number): boolean {
    this.#isThere(now);
    if (!this.#isDown) return false;
    const isMended = !isServfail && sentAt - this.#downAt >= MEND_MS;
    return (this.#isSilent || isMended) && this.succeeded();
  }

  /** The network refused a query. Returns whether that was one too many. @param reason in words */
  failed(reason: string, question: Question): boolean {
    this.lastFailure = reason;
    this.unanswered = question;
    return ++this.#failures >= MAX_FAILURES && this.#goDown(true);
  }

  /**
   * No answer in time to what was put to it at `sentAt`. That is no failure where others were answered meanwhile: then it
   * is the name that is slow, or a packet was lost. Returns whether the upstream is in doubt now, and was not before.
   */
  late(question: Question, sentAt: number, now: number): boolean {
    if (this.#heardAt >= sentAt) return false;
    this.lastFailure = "no answer in time";
    this.unanswered = question;
    if (++this.#failures < MAX_FAILURES || this.#isDown || this.#doubtedSince !== undefined) return false;
    this.#doubtedSince = now;
    return true;
  }

  /** One that has been in doubt for long is down. Returns whether it is so now, and was not before. */
  settleDoubt(now: number): boolean {
    return this.#doubtedSince !== undefined && now - this.#doubtedSince >= DOUBT_MS && this.#goDown(true);
  }

  /** It answered that it could not. Returns whether that was one too many. */
  gaveUp(question: Question, now: number): boolean {
    if (!this.#isDown) this.#downAt = now;
    this.lastFailure = "answered SERVFAIL";
    this.unanswered = question;
    return ++this.#servfails >= MAX_SERVFAILS && this.#goDown(false);
  }

  /** @param isCertain nobody but the upstream can have sent this reply */
  changedCase(isCertain: boolean): void {
    if (!isCertain) this.#ignored.letter_case++;
    this.spelling.changedCase(isCertain);
  }

  /** It answered a query without EDNS, as it is asked only where it did not understand one with it. */
  answeredPlain(now: number): void {
    if (this.speaksEdns(now)) this.#plainUntil = now + PLAIN_MS;
  }

  /** Forgets queries that nobody waits for any more. */
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

  #isThere(now: number): void {
    this.#heardAt = now;
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
