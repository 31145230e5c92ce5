import type { Timers } from "../../base/timers.js";

/** How many requests may wait at a time, in total and per client address. Each takes a file descriptor and about 10 KB. */
const MAX_WAITERS = 4_096;
const MAX_PER_ADDRESS = 1_024;
/** How many are answered in one turn of the event loop, so that other work is not held up. */
const BATCH = 64;

/** `off`: not configured. `empty`: configured, but not received yet. */
export type BoardState = "off" | "empty" | "ready";

export interface WaiterLimits {
  readonly all: number;
  readonly perAddress: number;
}

/** What requests can wait for changes of. */
export interface WaitBoard<Topic> {
  readonly state: BoardState;
  /** A text that identifies a topic. */
  keyOf(topic: Topic): string;
  /** The index of the last change of a topic. */
  indexOf(topic: Topic): number;
  /** @param listener receives the keys of topics that have changed @returns a function that removes the listener */
  listen(listener: (touched: ReadonlySet<string> | "all") => void): () => void;
}

export interface WaitersOptions<Topic> {
  readonly board: WaitBoard<Topic>;
  readonly timers: Pick<Timers, "after">;
  /** Runs `work` in a later turn of the event loop. */
  readonly later: (work: () => void) => void;
  /** Whether an address is that of a proxy, which stands for many clients. */
  readonly isShared: (address: string) => boolean;
  readonly limits?: WaiterLimits;
}

export interface Waiting<Topic> {
  readonly topic: Topic;
  /** A larger index ends the wait. */
  readonly above: number;
  /** How long to wait at most, in milliseconds. */
  readonly waitMs: number;
  readonly address: string;
  /** Called once, when the topic has changed, the time is over, or the server stops. */
  readonly answer: () => void;
}

/** The requests that wait for a change of a topic. A change costs nothing for requests that wait for other topics. */
export class Waiters<Topic> {
  readonly #options: WaitersOptions<Topic>;
  readonly #limits: WaiterLimits;
  readonly #byTopic = new Map<string, Map<Waiting<Topic>, () => void>>();
  readonly #byAddress = new Map<string, number>();
  #size = 0;
  #isClosed = false;
  /** Requests to answer in later turns of the event loop. */
  #due: Waiting<Topic>[] = [];

  constructor(options: WaitersOptions<Topic>) {
    this.#options = options;
    this.#limits = options.limits ?? { all: MAX_WAITERS, perAddress: MAX_PER_ADDRESS };
    options.board.listen((touched) => this.#wake(touched === "all" ? [...this.#byTopic.keys()] : touched));
  }

  /** Whether close() has been called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#size;
  }

  /** Why no further request of this address may wait, as a clause; `undefined` if it may. */
  refusal(address: string): string | undefined {
    const { all, perAddress } = this.#limits;
    if (this.#size >= all) return `${all} requests wait for news, which is as many as there may be`;
    const own = this.#byAddress.get(address) ?? 0;
    if (own < perAddress || this.#options.isShared(address)) return undefined;
    return `${perAddress} requests of ${address} wait for news, which is as many as one address may have`;
  }

  /** Begins to wait. @returns a function that ends the wait without an answer */
  add(waiting: Waiting<Topic>): () => void {
    if (this.#isClosed) {
      waiting.answer();
      return () => undefined;
    }
    const key = this.#options.board.keyOf(waiting.topic);
    const own = this.#byTopic.get(key) ?? new Map<Waiting<Topic>, () => void>();
    this.#byTopic.set(key, own);
    const cancel = this.#options.timers.after(waiting.waitMs, () => {
      if (this.#remove(waiting)) waiting.answer();
    });
    own.set(waiting, cancel);
    this.#size++;
    this.#byAddress.set(waiting.address, (this.#byAddress.get(waiting.address) ?? 0) + 1);
    return () => {
      this.#remove(waiting);
    };
  }

  /** Answers all waiting requests. From now on, requests do not wait. */
  close(): void {
    this.#isClosed = true;
    for (const own of [...this.#byTopic.values()]) this.#settle([...own.keys()]);
    for (const waiting of this.#due.splice(0)) waiting.answer();
  }

  #wake(keys: Iterable<string>): void {
    const { board } = this.#options;
    for (const key of keys) {
      const own = this.#byTopic.get(key);
      const [first] = own?.keys() ?? [];
      if (!own || !first) continue;
      const isOver = board.state !== "ready";
      const index = board.indexOf(first.topic);
      // A client may bring a larger index from another server whose clock is ahead: it goes on waiting.
      this.#settle([...own.keys()].filter(({ above }) => isOver || above < index));
    }
  }

  #settle(woken: readonly Waiting<Topic>[]): void {
    const isIdle = this.#due.length === 0;
    for (const waiting of woken) if (this.#remove(waiting)) this.#due.push(waiting);
    if (isIdle) this.#answerDue();
  }

  #answerDue(): void {
    for (const waiting of this.#due.splice(0, BATCH)) waiting.answer();
    if (this.#due.length > 0) this.#options.later(() => this.#answerDue());
  }

  #remove(waiting: Waiting<Topic>): boolean {
    const key = this.#options.board.keyOf(waiting.topic);
    const own = this.#byTopic.get(key);
    const cancel = own?.get(waiting);
    if (!own || !cancel) return false;
    cancel();
    own.delete(waiting);
    if (own.size === 0) this.#byTopic.delete(key);
    this.#size--;
    const left = (this.#byAddress.get(waiting.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(waiting.address, left);
    else this.#byAddress.delete(waiting.address);
    return true;
  }
}
