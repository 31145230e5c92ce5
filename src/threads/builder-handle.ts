import { type MessagePort, Worker } from "node:worker_threads";
import { type Backoff, pauseAfter } from "../base/backoff.js";
import { messageOf } from "../base/errors.js";
import type { Logger, Verbosity } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { BuilderConfig, BuilderStart, FromBuilder, ToBuilder } from "./messages.js";
import { endOf } from "./responder-handle.js";

export interface BuilderHandleOptions {
  readonly verbosity: Verbosity;
  readonly log: Logger;
  /** Returns what a builder that starts now continues from. */
  readonly startOf: () => Omit<BuilderStart, "verbosity" | "readers">;
  /** A port for each thread that reads snapshots. */
  readonly readers: () => readonly MessagePort[];
  readonly onMessage: (message: Exclude<FromBuilder, { kind: "piece" }>) => void;
  readonly timers: Pick<Timers, "after">;
  readonly spawn: SpawnBuilder;
}

/** The used part of a worker thread. */
export interface BuilderThread {
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "message", listener: (message: FromBuilder) => void): unknown;
  once(event: "exit", listener: () => void): unknown;
  postMessage(message: ToBuilder, transfer?: readonly MessagePort[]): void;
  terminate(): unknown;
}

/** A larger young generation: most strings of a state are short-lived, and should not be promoted to the old generation. */
const LIMITS = { maxYoungGenerationSizeMb: 16 };

export type SpawnBuilder = (start: BuilderStart) => BuilderThread;

/**
 * Starts builders, each in its own thread.
 * @param startsEarly whether this call starts the first thread, so that it loads its program while main does the rest
 */
export function builderThreads({ startsEarly }: { readonly startsEarly: boolean }, open = openThread): SpawnBuilder {
  let loading = startsEarly ? open() : undefined;
  const forget = () => {
    loading = undefined;
  };
  loading?.once("error", forget);
  loading?.once("exit", forget);
  return (start) => {
    const thread = loading ?? open();
    forget();
    thread.postMessage({ kind: "start", start }, start.readers);
    return thread;
  };
}

/** A thread that waits for its start. */
export interface LoadingThread extends BuilderThread {
  once(event: "error" | "exit", listener: () => void): unknown;
  postMessage(message: ToBuilder, transferList?: readonly MessagePort[]): void;
}

function openThread(): LoadingThread {
  return new Worker(new URL("./builder-thread.js", import.meta.url), { name: "builder", resourceLimits: LIMITS });
}

interface AwaitedPiece {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

const RESTARTS: Backoff = { firstMs: 1_000, lastMs: 60_000 };
/** There is only one builder, so restarts need not be spread. */
const NO_JITTER = () => 0;

/** The main thread's handle of the builder. Restarts a builder that has ended by itself; the last zone is served meanwhile. */
export class BuilderHandle {
  readonly #options: BuilderHandleOptions;
  readonly #pieces = new Map<number, AwaitedPiece>();
  #worker: BuilderThread | undefined;
  #exited: Promise<void> = Promise.resolve();
  #cancelRestart: () => void = () => {};
  /** Restarts since the last build. */
  #failures = 0;
  #ending = false;
  #enumerations = 0;
  restarts = 0;

  constructor(options: BuilderHandleOptions) {
    this.#options = options;
  }

  start(): void {
    const { startOf, readers, verbosity } = this.#options;
    const workerData: BuilderStart = { ...startOf(), verbosity, readers: readers() };
    const worker = this.#options.spawn(workerData);
    let failed: unknown;
    worker.on("error", (error) => {
      failed = error;
    });
    worker.on("message", (message: FromBuilder) => this.#receive(message));
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        if (!this.#ending) this.#restart(failed);
        resolve();
      });
    });
    this.#worker = worker;
  }

  configure(config: BuilderConfig): void {
    this.#post({ kind: "configure", config });
  }

  /** Tells the builder which generation the main thread reads, and which older ones it has pinned. */
  reading(generation: number, pinned: readonly number[]): void {
    this.#post({ kind: "reading", generation, pinned });
  }

  /** Sends snapshots to a further thread, the whole zone first. A builder that starts later has a port for it anyway. */
  addReader(port: MessagePort): void {
    if (this.#worker) this.#worker.postMessage({ kind: "reader", port }, [port]);
    else port.close();
  }

  /** The pieces of an enumeration. Each is requested only after the caller has taken the one before. */
  async *enumerate(): AsyncGenerator<string> {
    const id = ++this.#enumerations;
    const worker = this.#worker;
    try {
      for (;;) {
        // A builder that has been restarted meanwhile would begin a new listing, perhaps with other tasks.
        if (!worker || worker !== this.#worker) throw new Error("the builder thread has been started again");
        const text = await this.#nextPiece(id);
        if (text === undefined) return;
        yield text;
      }
    } finally {
      this.#pieces.delete(id);
      if (worker === this.#worker) this.#post({ kind: "enumerated", id });
    }
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#cancelRestart();
    if (!this.#worker) return;
    this.#post({ kind: "stop" });
    await endOf(this.#worker, this.#exited, "builder", this.#options.log);
  }

  #nextPiece(id: number): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#pieces.set(id, { resolve, reject });
      this.#post({ kind: "enumerate", id });
    });
  }

  #receive(message: FromBuilder): void {
    if (message.kind === "piece") {
      this.#pieces.get(message.id)?.resolve(message.text);
      return;
    }
    if (message.kind === "built") this.#failures = 0;
    this.#options.onMessage(message);
    if (message.kind === "catalog") this.#post({ kind: "catalogTaken" });
  }

  #restart(failed: unknown): void {
    this.#worker = undefined;
    for (const piece of this.#pieces.values()) piece.reject(new Error("the builder thread ended"));
    const pauseMs = pauseAfter(this.#failures++, RESTARTS, NO_JITTER);
    const seconds = pauseMs / 1000;
    const reason = failed === undefined ? "without an error" : messageOf(failed);
    this.#options.log.error(
      { err: failed },
      `the builder thread ended, ${reason}; it is started again in ${seconds} s`,
    );
    this.restarts++;
    this.#cancelRestart = this.#options.timers.after(pauseMs, () => this.start());
  }

  #post(message: ToBuilder): void {
    this.#worker?.postMessage(message);
  }
}
