import type { Timers } from "../../base/timers.js";
import { type CatalogBoard, type Topic, topicKey } from "./board.js";

/** Requests that wait at one time, in all and of one address. Each takes a descriptor and some 10 KB. */
const MAX_WAITERS = 4_096;
const MAX_PER_ADDRESS = 1_024;
/** Answered in one turn of the event loop; it has other things to do. */
const BATCH = 64;

export interface WaiterLimits {
  readonly all: number;
  readonly perAddress: number;
}

export interface WaitersOptions {
  readonly board: CatalogBoard;
  readonly timers: Pick<Timers, "after">;
  /** Does something in a later turn of the event loop. */
  readonly later: (work: () => void) => void;
  /** Whether an address speaks for many clients. */
  readonly isShared: (address: string) => boolean;
  readonly limits?: WaiterLimits;
}

export interface Waiting {
  readonly topic: Topic;
  /** It is woken by a larger index. */
  readonly above: number;
  /** Milliseconds. */
  readonly patience: number;
  readonly address: string;
  /** Called once: there is news, the patience is over, or the server stops. */
  readonly answer: () => void;
}

/** Requests that wait for news of a topic. Those of other topics are not touched by it. */
export class Waiters {
  readonly #options: WaitersOptions;
  readonly #limits: WaiterLimits;
  readonly #byTopic = new Map<string, Map<Waiting, () => void>>();
  readonly #byAddress = new Map<string, number>();
  #size = 0;
  #isClosed = false;
  /** To be answered in later turns. */
  #due: Waiting[] = [];

  constructor(options: WaitersOptions) {
    this.#options = options;
    this.#limits = options.limits ?? { all: MAX_WAITERS, perAddress: MAX_PER_ADDRESS };
    options.board.listen((touched) => this.#wake(touched === "all" ? [...this.#byTopic.keys()] : touched));
  }

  /** Whether the server stops. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#size;
  }

  /** Why no more may wait, as a sentence; nothing where they may. */
  refusal(address: string): string | undefined {
    const { all, perAddress } = this.#limits;
    if (this.#size >= all) return `${all} requests wait for news, which is as many as there may be`;
    const own = this.#byAddress.get(address) ?? 0;
    if (own < perAddress || this.#options.isShared(address)) return undefined;
    return `${perAddress} requests of ${address} wait for news, which is as many as one address may have`;
  }

  /** Returns what ends the waiting without an answer. */
  add(waiting: Waiting): () => void {
    if (this.#isClosed) {
      waiting.answer();
      return () => undefined;
    }
    const key = topicKey(waiting.topic);
    const own = this.#byTopic.get(key) ?? new Map<Waiting, () => void>();
    this.#byTopic.set(key, own);
    const cancel = this.#options.timers.after(waiting.patience, () => {
      if (this.#remove(waiting)) waiting.answer();
    });
    own.set(waiting, cancel);
    this.#size++;
    this.#byAddress.set(waiting.address, (this.#byAddress.get(waiting.address) ?? 0) + 1);
    return () => {
      this.#remove(waiting);
    };
  }

  /** Answers all, and from now on everybody at once. */
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
      // Those who came from a server whose clock is ahead know more than there is.
      this.#settle([...own.keys()].filter(({ above }) => isOver || above < index));
    }
  }

  #settle(woken: readonly Waiting[]): void {
    const isIdle = this.#due.length === 0;
    for (const waiting of woken) if (this.#remove(waiting)) this.#due.push(waiting);
    if (isIdle) this.#answerDue();
  }

  #answerDue(): void {
    for (const waiting of this.#due.splice(0, BATCH)) waiting.answer();
    if (this.#due.length > 0) this.#options.later(() => this.#answerDue());
  }

  #remove(waiting: Waiting): boolean {
    const key = topicKey(waiting.topic);
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
