import { codeOf, messageOf } from "../base/errors.js";
import { delay, type Timers } from "../base/timers.js";
import type { ExplainBasis } from "../explain/basis.js";
import type { Finding } from "../explain/finding.js";

/** How long an explanation may keep the thread from what else it has to do, in milliseconds. */
const SLICE_MS = 5;

export interface ExplanationsParts {
  /** What there is to explain at this moment; `undefined` before the first build. */
  readonly basis: () => ExplainBasis | undefined;
  readonly timers: Timers;
  readonly send: (id: number, outcome: Explained) => void;
}

/** Findings, or why there are none. */
export type Explained = { readonly findings: readonly Finding[] } | { readonly failure: string };

/** Explains one question after another, a few milliseconds at a time: changes of the cluster go first. */
export class Explanations {
  readonly #parts: ExplanationsParts;
  #last: Promise<void> = Promise.resolve();
  /** The questions that somebody waits for. */
  readonly #waiting = new Set<number>();

  constructor(parts: ExplanationsParts) {
    this.#parts = parts;
  }

  /** Settles when the outcome has been sent. Never rejects. */
  answer(id: number, question: string): Promise<void> {
    this.#waiting.add(id);
    this.#last = this.#last.then(async () => {
      if (!this.#waiting.has(id)) return;
      const outcome = await this.#explain(id, question).catch((error: unknown) => ({
        failure: `${codeOf(error)}: ${messageOf(error)}`,
      }));
      if (outcome && this.#waiting.delete(id)) this.#parts.send(id, outcome);
    });
    return this.#last;
  }

  /** Nobody waits for this answer any more. */
  drop(id: number): void {
    this.#waiting.delete(id);
  }

  stop(): void {
    this.#waiting.clear();
  }

  /** @returns undefined if nobody waits for it any more */
  async #explain(id: number, question: string): Promise<Explained | undefined> {
    const { basis, timers } = this.#parts;
    // Nobody may ever ask.
    const { explain, NOT_READY } = await import("../explain/explain.js");
    const now = basis();
    if (!now) return { findings: [NOT_READY] };
    const work = explain(question, now);
    let started = timers.now();
    for (let step = work.next(); ; step = work.next()) {
      if (step.done) return { findings: step.value };
      if (timers.now() - started < SLICE_MS) continue;
      await delay(timers, 0).elapsed;
      if (!this.#waiting.has(id)) return undefined;
      started = timers.now();
    }
  }
}
