import type { Timers } from "./timers.js";

/** An abort signal that is aborted after `ms` milliseconds or together with its parent, whichever comes first. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #cancel: () => void;
  #expired = false;

  constructor(timers: Timers, ms: number, parent: AbortSignal) {
    this.#parent = parent;
    this.#cancel = timers.after(ms, () => {
      this.#expired = true;
      this.#controller.abort();
    });
    if (parent.aborted) this.#follow();
    else parent.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** Cancels the timer. Must be called when there is nothing left to abort. */
  clear(): void {
    this.#cancel();
    this.#parent.removeEventListener("abort", this.#follow);
  }

  readonly #follow = (): void => this.#controller.abort(this.#parent.reason);
}
