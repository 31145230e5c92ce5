import { type Backoff, NO_JITTER, pauseAfter } from "../../base/backoff.js";
import type { Timers } from "../../base/timers.js";

/** Changes of the set of services in this time become one reload. */
const GATHER_MS = 1_000;
/** From one reload to the next: each leaves a worker until its connections have ended, and one that fails may have paused every service. */
const SPACING: Backoff = { firstMs: 5_000, lastMs: 300_000 };

/** Decides when HAProxy reads its configuration again. */
export class Reloads {
  readonly #timers: Timers;
  readonly #reload: () => Promise<boolean>;
  #cancel: (() => void) | undefined;
  /** Reloads that have failed since one worked. */
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  /** @param reload says whether it has worked; does not reject */
  constructor(timers: Timers, reload: () => Promise<boolean>) {
    this.#timers = timers;
    this.#reload = reload;
  }

  /** There is something to reload for. */
  want(): void {
    const wait = Math.max(GATHER_MS, this.#notBefore - this.#timers.now());
    this.#cancel ??= this.#timers.after(wait, () => void this.#run());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #run(): Promise<void> {
    this.#cancel = undefined;
    this.#space();
    this.#failures = (await this.#reload()) ? 0 : this.#failures + 1;
    this.#space();
  }

  #space(): void {
    this.#notBefore = this.#timers.now() + pauseAfter(this.#failures, SPACING, NO_JITTER);
  }
}
