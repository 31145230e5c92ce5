import type { Timers } from "../../base/timers.js";
import type { NotifyState } from "./target-state.js";

/** Pauses after unanswered NOTIFYs, in milliseconds. The last one counts for all later ones. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000] as const;

/** What a NOTIFY came to. */
export type NotifyResult = Exclude<NotifyState, "quiet" | "sent">;

export interface TargetParts {
  readonly timers: Timers;
  /** Sends a NOTIFY with the zone's newest serial. */
  readonly send: () => void;
  /** Whether the target has been seen to have the newest serial. */
  readonly isCurrent: () => boolean;
  readonly onResult: (result: NotifyResult) => void;
  /** The shortest time from one NOTIFY to the next at present, in milliseconds. */
  readonly interval: () => number;
}

/**
 * When one target is told of one zone (RFC 1996 §3.6): at once after a quiet time, and then no oftener than the interval allows. One NOTIFY
 * at a time is under way; changes meanwhile are told together.
 */
export class TargetSchedule {
  readonly #parts: TargetParts;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Whether there is something that the target has not been told. */
  #hasNews = false;
  #isUnderWay = false;
  /** NOTIFYs in a row that were not answered. */
  #unanswered = 0;
  #cancel: () => void = () => {};
  state: NotifyState = "quiet";

  constructor(parts: TargetParts) {
    this.#parts = parts;
  }

  /** The zone has a new serial. */
  changed(): void {
    this.#hasNews = true;
    if (!this.#isUnderWay) this.#schedule();
  }

  /** The target has answered. @param isRefused whether with an error: it is told again at the next change only */
  answered(isRefused: boolean): void {
    this.#unanswered = 0;
    this.#isUnderWay = false;
    this.#cancel();
    this.#result(isRefused ? "refused" : "answered");
    if (this.#hasNews) this.#schedule();
  }

  /** The target has asked for the zone, so it is alive: long pauses end. */
  seen(): void {
    if (this.#unanswered === 0) return;
    this.#unanswered = 0;
    this.#isUnderWay = false;
    this.#cancel();
    if (!this.#parts.isCurrent()) this.changed();
  }

  stop(): void {
    this.#cancel();
    this.#hasNews = false;
    this.#isUnderWay = false;
  }

  #schedule(): void {
    const { timers, interval } = this.#parts;
    const wait = this.#sentAt + interval() - timers.now();
    this.#cancel();
    if (wait <= 0) this.#send();
    else this.#cancel = timers.after(wait, () => this.#send());
  }

  #send(): void {
    const { timers, send } = this.#parts;
    this.#hasNews = false;
    this.#isUnderWay = true;
    // What the last one came to stays until it is answered.
    if (this.#unanswered === 0) this.state = "sent";
    this.#sentAt = timers.now();
    send();
    const pause = PAUSES_MS[Math.min(this.#unanswered, PAUSES_MS.length - 1)];
    this.#cancel = timers.after(pause, () => this.#giveUp());
  }

  #giveUp(): void {
    this.#unanswered++;
    this.#result("unanswered");
    if (this.#hasNews || !this.#parts.isCurrent()) this.#send();
    else this.#isUnderWay = false;
  }

  #result(result: NotifyResult): void {
    this.state = result;
    this.#parts.onResult(result);
  }
}
