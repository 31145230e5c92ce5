import { pauseAfter } from "../../base/backoff.js";
import type { Timers } from "../../base/timers.js";
import type { Cluster } from "./cluster.js";
import type { LeaderState, StateReader } from "./leader.js";

const FIRST_RETRY_MS = 1_000;
/** The part of refreshSeconds a master is left alone for at least, however long its last answer took. */
const REST = 0.25;

/** All that came with a state but the cluster itself. */
export type FetchInfo = Omit<LeaderState, "cluster">;

export interface PollerOptions {
  readonly reader: StateReader;
  readonly refreshSeconds: number;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** A fetch begins. */
  readonly onFetch?: () => void;
  /** Is given each state; the next is not fetched before its promise is settled, and a rejection counts as a failure. */
  readonly onCluster: (cluster: Cluster, info: FetchInfo) => Promise<void> | void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Fetches the state every `refreshSeconds`, counted from start to start, never two at a time. A slow master slows
 * polling down. After a failure it tries again in about 1, 2, 4, … seconds, but at least every `refreshSeconds`.
 */
export class StatePoller {
  readonly #options: PollerOptions;
  #reader: StateReader;
  #refreshMs: number;
  #round = new AbortController();
  #wake: () => void = () => {};
  #isRepeated = false;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#reader = options.reader;
    this.#refreshMs = options.refreshSeconds * 1000;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends polling for good. When the promise is settled, no callback is running or will be called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#interrupt();
    await Promise.all([this.#reader.close(), this.#running]);
  }

  /** Polls with another reader from now on, at once and in place of a fetch under way; the former is closed. */
  async updateConfig(reader: StateReader, refreshSeconds: number): Promise<void> {
    const former = this.#reader;
    this.#reader = reader;
    this.#refreshMs = refreshSeconds * 1000;
    this.#interrupt();
    await former.close();
  }

  /** Fetches at once instead of at the end of a pause, and in place of a fetch under way: its master leads no more. */
  restart(): void {
    if (!this.#stopped) this.#interrupt();
  }

  /** Fetches at once instead of at the end of a pause. */
  hurry(): void {
    this.#wake();
  }

  /** Fetches a state that is asked for from now on: at once, or when the fetch under way is through. */
  again(): void {
    this.#isRepeated = true;
    this.#wake();
  }

  #interrupt(): void {
    this.#round.abort();
    this.#wake();
  }

  async #run(): Promise<void> {
    const { timers } = this.#options;
    let failures = 0;
    while (!this.#stopped) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      const started = timers.now();
      this.#isRepeated = false;
      failures = (await this.#poll(signal)) ? 0 : failures + 1;
      if (signal.aborted) failures = 0;
      else await this.#pause(failures === 0 ? this.#untilNext(started) : this.#untilRetry(failures), signal);
    }
  }

  async #poll(signal: AbortSignal): Promise<boolean> {
    let fetched = false;
    try {
      this.#options.onFetch?.();
      const { cluster, ...info } = await this.#reader.read(signal);
      fetched = true;
      if (!signal.aborted) await this.#options.onCluster(cluster, info);
      return true;
    } catch (error) {
      // A fetch that was interrupted on purpose has not failed; what became of its state is always told.
      if (fetched || !signal.aborted) this.#options.onFailure(error);
      return false;
    }
  }

  #untilNext(started: number): number {
    const next = started + this.#refreshMs - this.#options.timers.now();
    return Math.max(next, this.#refreshMs * REST);
  }

  #untilRetry(failures: number): number {
    return pauseAfter(failures - 1, { firstMs: FIRST_RETRY_MS, lastMs: this.#refreshMs }, this.#options.random);
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (signal.aborted || this.#isRepeated) this.#wake();
    });
  }
}
