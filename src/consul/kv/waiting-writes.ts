import { MesosDnsError } from "../../base/errors.js";
import type { Draft } from "./draft.js";
import type { Moment } from "./model.js";
import type { Write } from "./store.js";

/** How many writes may wait, and with how many octets. */
const MAX_WAITING = 10_000;
const MAX_WAITING_OCTETS = 67_108_864;

/** A write that waits to be stored. It may be decided several times, and is settled once. */
export interface Job {
  readonly octets: number;
  /** Decides on the draft. Returns what to call when the changes are stored, and whether there may be any. */
  readonly decide: (draft: Draft, moment: Moment) => { readonly ok: boolean; readonly settle: () => void };
  readonly reject: (error: unknown) => void;
}

/** The writes that wait, the oldest first. They are as many as there may be, and no more. */
export class WaitingWrites {
  /** What they wait for, such as `the disk`. */
  readonly #what: string;
  readonly #jobs = new Set<Job>();
  #octets = 0;
  #isClosed = false;

  constructor(what: string) {
    this.#what = what;
  }

  get size(): number {
    return this.#jobs.size;
  }

  [Symbol.iterator](): Iterator<Job> {
    return this.#jobs.values();
  }

  has(job: Job): boolean {
    return this.#jobs.has(job);
  }

  /**
   * Adds a write. @param onAdd is called at once, unless the promise is rejected
   *
   * @throws {MesosDnsError} KV_BUSY
   */
  add<Outcome extends { readonly ok: boolean }>(
    { octets, decide }: Write<Outcome>,
    onAdd: (job: Job) => void,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const isFull = this.#jobs.size >= MAX_WAITING || this.#octets + octets > MAX_WAITING_OCTETS;
      if (this.#isClosed || isFull) {
        const reason = this.#isClosed ? "the server is stopping" : `too many writes wait for ${this.#what}`;
        reject(new MesosDnsError("KV_BUSY", `the key is not stored: ${reason}; try again`));
        return;
      }
      const job: Job = {
        octets,
        decide: (draft, moment) => {
          try {
            const outcome = decide(draft, moment);
            return { ok: outcome.ok, settle: () => resolve(outcome) };
          } catch (error) {
            return { ok: false, settle: () => reject(error) };
          }
        },
        reject,
      };
      this.#octets += octets;
      this.#jobs.add(job);
      onAdd(job);
    });
  }

  /** Takes out one that is to be settled now. @returns whether it was there */
  take(job: Job): boolean {
    if (!this.#jobs.delete(job)) return false;
    this.#octets -= job.octets;
    return true;
  }

  /** Nothing can be added after that. */
  close(): void {
    this.#isClosed = true;
  }
}
