import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Logger, Verbosity } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Finding } from "../explain/finding.js";
import type { BuilderPorts } from "./console-messages.js";
import type { BuilderConfig, BuilderStart, FromBuilder, ToBuilder } from "./messages.js";
import { SupervisedThread, type SupervisedWorker } from "./supervised-thread.js";

export interface BuilderHandleOptions {
  readonly verbosity: Verbosity;
  readonly log: Logger;
  /** Returns what a builder that starts now continues from. */
  readonly startOf: () => Omit<BuilderStart, "verbosity" | "readers">;
  /** A port for each thread that reads snapshots. */
  readonly readers: () => readonly MessagePort[];
  readonly onMessage: (message: Exclude<FromBuilder, { kind: "piece" | "explained" }>) => void;
  readonly timers: Pick<Timers, "after">;
  readonly spawn: SpawnBuilder;
}

export type BuilderThread = SupervisedWorker<ToBuilder, FromBuilder>;

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

interface Awaited<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's handle of the builder. Restarts a builder that has ended by itself; the last zone is served meanwhile. */
export class BuilderHandle {
  readonly #options: BuilderHandleOptions;
  readonly #thread: SupervisedThread<ToBuilder, FromBuilder>;
  readonly #pieces = new Map<number, Awaited<string | undefined>>();
  readonly #explanations = new Map<number, Awaited<readonly Finding[]>>();
  #enumerations = 0;
  #questions = 0;
  #console: ((ports: BuilderPorts) => void) | undefined;

  constructor(options: BuilderHandleOptions) {
    this.#options = options;
    const { startOf, readers, verbosity, log, timers, spawn } = options;
    this.#thread = new SupervisedThread({
      name: "builder",
      title: "the builder thread",
      log,
      timers,
      spawn: () => spawn({ ...startOf(), verbosity, readers: readers() }),
      onStart: () => this.#connectConsole(),
      onMessage: (message) => this.#receive(message),
      onLost: () => {
        const error = new Error("the builder thread ended");
        for (const awaited of [...this.#pieces.values(), ...this.#explanations.values()]) awaited.reject(error);
        this.#explanations.clear();
      },
    });
  }

  /** How often it has been started again. */
  get restarts(): number {
    return this.#thread.restarts;
  }

  start(): void {
    this.#thread.start();
  }

  configure(config: BuilderConfig): void {
    this.#thread.post({ kind: "configure", config });
  }

  /** Tells the builder which instances of health checks are unhealthy: all of them, whenever that changes. */
  unhealthy(instances: readonly string[]): void {
    this.#thread.post({ kind: "unhealthy", instances });
  }

  /** Asks for the next piece of Consul's catalogue. */
  consulTaken(): void {
    this.#thread.post({ kind: "consulTaken" });
  }

  /** Tells the builder which generation the main thread reads, and which older ones it has pinned. */
  reading(generation: number, pinned: readonly number[]): void {
    this.#thread.post({ kind: "reading", generation, pinned });
  }

  /** Sends snapshots to a further thread, the whole zone first. A builder that starts later has a port for it anyway. */
  addReader(port: MessagePort): void {
    if (this.#thread.worker) this.#thread.post({ kind: "reader", port }, [port]);
    else port.close();
  }

  /**
   * Connects the console with the builder that runs, and with each that is started later.
   * @param console is given the ports; `undefined` if there is none any more
   */
  followConsole(console: ((ports: BuilderPorts) => void) | undefined): void {
    this.#console = console;
    if (this.#thread.worker) this.#connectConsole();
  }

  /** The pieces of an enumeration. Each is requested only after the caller has taken the one before. */
  async *enumerate(): AsyncGenerator<string> {
    const id = ++this.#enumerations;
    const { worker } = this.#thread;
    try {
      for (;;) {
        // A builder that has been restarted meanwhile would begin a new listing, perhaps with other tasks.
        if (!worker || worker !== this.#thread.worker) throw new Error("the builder thread has been started again");
        const text = await this.#nextPiece(id);
        if (text === undefined) return;
        yield text;
      }
    } finally {
      this.#pieces.delete(id);
      if (worker === this.#thread.worker) this.#thread.post({ kind: "enumerated", id });
    }
  }

  /** What there is to say of a name, the id of a task, or an address. Rejects if the builder ends, or once nobody waits any more. */
  explain(question: string, gone: AbortSignal): Promise<readonly Finding[]> {
    const id = ++this.#questions;
    const drop = () => {
      this.#explanations.get(id)?.reject(new Error("nobody waits for the explanation"));
      if (this.#explanations.delete(id)) this.#thread.post({ kind: "unasked", id });
    };
    return new Promise<readonly Finding[]>((resolve, reject) => {
      if (!this.#thread.worker) return reject(new Error("the builder thread is being started again"));
      this.#explanations.set(id, { resolve, reject });
      this.#thread.post({ kind: "explain", id, question });
      if (gone.aborted) drop();
      else gone.addEventListener("abort", drop, { once: true });
    }).finally(() => gone.removeEventListener("abort", drop));
  }

  stop(): Promise<void> {
    return this.#thread.stop({ kind: "stop" });
  }

  #connectConsole(): void {
    if (!this.#console) return;
    const snapshots = new MessageChannel();
    const cluster = new MessageChannel();
    this.addReader(snapshots.port2);
    this.#thread.post({ kind: "console", port: cluster.port2 }, [cluster.port2]);
    this.#console({ snapshots: snapshots.port1, cluster: cluster.port1 });
  }

  #nextPiece(id: number): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#pieces.set(id, { resolve, reject });
      this.#thread.post({ kind: "enumerate", id });
    });
  }

  #receive(message: FromBuilder): void {
    if (message.kind === "piece") {
      this.#pieces.get(message.id)?.resolve(message.text);
      return;
    }
    if (message.kind === "explained") {
      const { id, outcome } = message;
      if ("findings" in outcome) this.#explanations.get(id)?.resolve(outcome.findings);
      else this.#explanations.get(id)?.reject(new Error(outcome.failure));
      this.#explanations.delete(id);
      return;
    }
    if (message.kind === "built") this.#thread.works();
    this.#options.onMessage(message);
    if (message.kind === "catalog") this.#thread.post({ kind: "catalogTaken" });
  }
}
