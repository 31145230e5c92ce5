import type { Timers } from "../../base/timers.js";
import type { ConnectionBounds } from "../connections.js";
import type { Reading } from "./endpoint.js";
import { TURN_MS } from "./turns.js";

/**
 * How many requests may wait at a time, in total and per client address: Prometheus has one for each service. Each takes a file descriptor
 * and about 10 KB.
 */
const MAX_WAITING = 8_192;
const MAX_PER_ADDRESS = 4_096;
/** Connections that do not wait. A client that finds the server again after a restart has all of its own at once. */
const MAX_ASKING = 4_096;
const MAX_ASKING_PER_ADDRESS = 2_048;

/** The connections that so many requests need. */
export const CONSUL_BOUNDS: ConnectionBounds = {
  all: MAX_ASKING,
  perAddress: MAX_ASKING_PER_ADDRESS,
  waiting: MAX_WAITING,
  waitingPerAddress: MAX_PER_ADDRESS,
};

export interface BlockedLimits {
  readonly all: number;
  readonly perAddress: number;
}

export interface BlockedOptions {
  readonly timers: Timers;
  /** Runs `work` in a later turn of the event loop. */
  readonly later: (work: () => void) => void;
  readonly limits?: BlockedLimits;
}

/** A request that waits until a reading has a larger index. */
export interface Blocked {
  readonly reading: Reading;
  readonly above: number;
  /** How long it waits at most, in milliseconds. */
  readonly waitMs: number;
  readonly address: string;
  /** Called once: the reading has changed, the time is over, or the server stops. */
  readonly answer: () => void;
}

/** The requests that wait. What changes wakes those alone who read it. */
export class BlockedRequests {
  readonly #options: BlockedOptions;
  readonly #limits: BlockedLimits;
  readonly #ends = new Map<Blocked, () => void>();
  readonly #byAddress = new Map<string, number>();
  /** Those of the waiting whose reading may have changed. */
  readonly #due = new Set<Blocked>();
  #isClosed = false;

  constructor(options: BlockedOptions) {
    this.#options = options;
    this.#limits = options.limits ?? { all: MAX_WAITING, perAddress: MAX_PER_ADDRESS };
  }

  get size(): number {
    return this.#ends.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why no further request of this address may wait; `undefined` if it may. */
  refusal(address: string): string | undefined {
    const { all, perAddress } = this.#limits;
    if (this.size >= all) return `${all} requests wait, which is as many as there may be`;
    if ((this.#byAddress.get(address) ?? 0) < perAddress) return undefined;
    return `${perAddress} requests of one client wait, which is as many as one may have`;
  }

  /** Begins to wait. @returns a function that ends the wait without an answer */
  add(blocked: Blocked): () => void {
    const { reading, waitMs, address } = blocked;
    if (this.#isClosed) {
      blocked.answer();
      return () => undefined;
    }
    const unwatch = reading.watch(() => this.#wake(blocked));
    const cancel = this.#options.timers.after(waitMs, () => {
      if (this.#remove(blocked)) blocked.answer();
    });
    this.#ends.set(blocked, () => {
      unwatch();
      cancel();
    });
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    return () => {
      this.#remove(blocked);
    };
  }

  /** Answers all requests with what there is. From now on, none waits. */
  close(): void {
    this.#isClosed = true;
    this.answerAll();
  }

  /** Answers all requests that wait with what there is. */
  answerAll(): void {
    const all = [...this.#ends.keys()];
    for (const blocked of all) this.#remove(blocked);
    for (const blocked of all) blocked.answer();
  }

  #wake(blocked: Blocked): void {
    this.#due.add(blocked);
    if (this.#due.size === 1) this.#options.later(() => this.#answerDue());
  }

  /** For some milliseconds, so that other work is not held up, however long answers take to make. */
  #answerDue(): void {
    const { timers, later } = this.#options;
    const end = timers.now() + TURN_MS;
    for (const blocked of this.#due) {
      this.#due.delete(blocked);
      // A client may bring a larger index from another server whose clock is ahead: it goes on waiting.
      if (blocked.reading.index() > blocked.above && this.#remove(blocked)) blocked.answer();
      if (timers.now() >= end) break;
    }
    if (this.#due.size > 0) later(() => this.#answerDue());
  }

  #remove(blocked: Blocked): boolean {
    const end = this.#ends.get(blocked);
    if (!end) return false;
    this.#ends.delete(blocked);
    this.#due.delete(blocked);
    end();
    const left = (this.#byAddress.get(blocked.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(blocked.address, left);
    else this.#byAddress.delete(blocked.address);
    return true;
  }
}
