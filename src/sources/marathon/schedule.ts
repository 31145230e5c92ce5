import { type Backoff, pauseAfter } from "../../base/backoff.js";

/** From the beginning of a fetch to that of the next, at least: ten a second. */
const LEAST_MS = 100;
/** A Marathon that takes long to answer is left alone for as long again, but no longer than this. */
const LONGEST_REST_MS = 2_000;
const FIRST_RETRY_MS = 1_000;

/** Says when the apps of a Marathon are fetched: regularly, when something has happened, and again after a failure. Times are in milliseconds. */
export class Schedule {
  readonly #refreshMs: number;
  readonly #retries: Backoff;
  readonly #random: () => number;
  #startedAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  #isUnderWay = false;
  #isAsked = true;
  #failures = 0;
  /** When the next fetch is due if nothing happens. */
  #nextAt = Number.NEGATIVE_INFINITY;

  /** @param random from 0 up to but not including 1 */
  constructor(refreshMs: number, random: () => number) {
    this.#refreshMs = refreshMs;
    this.#retries = { firstMs: Math.min(FIRST_RETRY_MS, refreshMs), lastMs: refreshMs };
    this.#random = random;
  }

  /** Something has happened: a fetch that begins from now on is wanted. However often this is called, it is one. */
  ask(): void {
    this.#isAsked = true;
  }

  /** The same, where there is also reason to believe that a failure is over. */
  retry(): void {
    this.#failures = 0;
    this.#isAsked = true;
  }

  /** A fetch begins. */
  begin(now: number): void {
    this.#startedAt = now;
    this.#isUnderWay = true;
    this.#isAsked = false;
  }

  /** It has ended well. @param recheckMs until it is wanted again */
  succeed(now: number, recheckMs = Number.POSITIVE_INFINITY): void {
    this.#end(now);
    this.#failures = 0;
    this.#nextAt = Math.min(this.#startedAt + this.#refreshMs, now + recheckMs);
  }

  fail(now: number): void {
    this.#end(now);
    this.#nextAt = now + pauseAfter(this.#failures++, this.#retries, this.#random);
  }

  /** When the next fetch is to begin; `undefined` while one is under way. */
  get dueAt(): number | undefined {
    if (this.#isUnderWay) return undefined;
    const rest = Math.min(this.#endedAt - this.#startedAt, LONGEST_REST_MS) || 0;
    const earliest = Math.max(this.#startedAt + LEAST_MS, this.#endedAt + rest);
    // What happens at a Marathon that fails does not make it well.
    return this.#isAsked && this.#failures === 0 ? earliest : Math.max(this.#nextAt, earliest);
  }

  #end(now: number): void {
    this.#isUnderWay = false;
    this.#endedAt = now;
  }
}
