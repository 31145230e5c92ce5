import { pauseAfter } from "../../base/backoff.js";
import type { Timers } from "../../base/timers.js";
import type { Cluster } from "./cluster.js";
import type { LeaderState, StateReader } from "./leader.js";

const FIRST_RETRY_MS = 1_000;
/** The shortest pause after a fetch, as a part of refreshSeconds, however long the fetch took. */
const PAUSE_PART = 0.25;

/** A LeaderState without its cluster. */
export type FetchInfo = Omit<LeaderState, "cluster">;

export interface PollerOptions {
  readonly reader: StateReader;
  readonly refreshSeconds: number;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Called when a fetch begins. */
  readonly onFetch?: () => void;
  /** Receives each state. The next one is not fetched before its promise has settled; a rejection counts as a failure. */
  readonly onCluster: (cluster: Cluster, info: FetchInfo) => Promise<void> | void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Fetches the state every `refreshSeconds`, counted from start to start, never twice at a time. With a slow master it polls
 * less often. After a failure it tries again in about 1, 2, 4, … seconds, but at least every `refreshSeconds`.
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

  /** Ends polling for good. Once the promise has settled, no callback is running or will be called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#interrupt();
    await Promise.all([this.#reader.close(), this.#running]);
  }

  /** Aborts a fetch in progress, closes the former reader, and polls with the new one at once. */
  async updateConfig(reader: StateReader, refreshSeconds: number): Promise<void> {
    const former = this.#reader;
    this.#reader = reader;
    this.#refreshMs = refreshSeconds * 1000;
    this.#interrupt();
    await former.close();
  }

  /** Fetches at once: ends a pause, and aborts a fetch in progress, whose master no longer leads. */
  restart(): void {
    if (!this.#stopped) this.#interrupt();
  }

  /** Ends a pause, so that the next fetch begins at once. Leaves a fetch in progress alone. */
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
      // An aborted fetch is no failure. An error of onCluster is always reported.
      if (fetched || !signal.aborted) this.#options.onFailure(error);
      return false;
    }
  }

  #untilNext(started: number): number {
    const next = started + this.#refreshMs - this.#options.timers.now();
    return Math.max(next, this.#refreshMs * PAUSE_PART);
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
