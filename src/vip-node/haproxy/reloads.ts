import type { Timers } from "../../base/timers.js";

/** Changes of the set of services in this time become one reload. */
const GATHER_MS = 1_000;
/** From one reload to the next: each leaves a worker until its connections have ended. */
const SPACING_MS = 5_000;
/** After reloads that failed: each may have paused every service. */
const MAX_SPACING_MS = 300_000;

/** Decides when HAProxy reads its configuration again. */
export class Reloads {
  readonly #timers: Timers;
  readonly #reload: () => Promise<boolean>;
  #cancel: (() => void) | undefined;
  #spacing = SPACING_MS;
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
    this.#notBefore = this.#timers.now() + this.#spacing;
    const works = await this.#reload();
    this.#spacing = works ? SPACING_MS : Math.min(MAX_SPACING_MS, 2 * this.#spacing);
    this.#notBefore = this.#timers.now() + this.#spacing;
  }
}
