import { Worker } from "node:worker_threads";
import type { Config } from "../config/config.js";
import { messageOf } from "../errors.js";
import type { Logger, Verbosity } from "../log.js";
import type { BuilderStart, FromBuilder, ToBuilder } from "./messages.js";
import { endOf } from "./responder-handle.js";
import type { Responders } from "./responders.js";

export interface BuilderHandleOptions {
  readonly verbosity: Verbosity;
  readonly log: Logger;
  readonly seed: number;
  /** Where a builder that starts now goes on from. */
  readonly startOf: () => Pick<BuilderStart, "config" | "serial" | "generation" | "savedCluster">;
  readonly responders: Responders | undefined;
  readonly onMessage: (message: Exclude<FromBuilder, { kind: "piece" }>) => void;
}

interface AwaitedPiece {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Room for the young: a state's strings are short-lived, and what is not copied to the old generation need not be found there. */
const LIMITS = { maxYoungGenerationSizeMb: 16 };
const FIRST_RESTART_MS = 1_000;
const LAST_RESTART_MS = 60_000;

/** The main thread's end of the builder. A builder that dies is started again; the last zone is served meanwhile. */
export class BuilderHandle {
  readonly #options: BuilderHandleOptions;
  readonly #pieces = new Map<number, AwaitedPiece>();
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restartTimer: NodeJS.Timeout | undefined;
  #restartMs = FIRST_RESTART_MS;
  #ending = false;
  #enumerations = 0;
  restarts = 0;

  constructor(options: BuilderHandleOptions) {
    this.#options = options;
  }

  start(): void {
    const { seed, startOf, verbosity } = this.#options;
    const responders = this.#options.responders?.connect() ?? [];
    const workerData: BuilderStart = { ...startOf(), verbosity, seed, responders };
    const url = new URL("./builder.js", import.meta.url);
    const worker = new Worker(url, { workerData, transferList: responders, name: "builder", resourceLimits: LIMITS });
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

  configure(config: Config): void {
    this.#post({ kind: "configure", config });
  }

  /** Tells the builder which generation the main thread reads, and which older ones it still reads over time. */
  reading(generation: number, pinned: readonly number[]): void {
    this.#post({ kind: "reading", generation, pinned });
  }

  /** The pieces of an enumeration, each asked for when the one before has been taken. */
  async *enumerate(): AsyncGenerator<string> {
    const id = ++this.#enumerations;
    try {
      for (;;) {
        const text = await this.#nextPiece(id);
        if (text === undefined) return;
        yield text;
      }
    } finally {
      this.#pieces.delete(id);
      this.#post({ kind: "enumerated", id });
    }
  }

  async stop(): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#restartTimer);
    if (!this.#worker) return;
    this.#post({ kind: "stop" });
    await endOf(this.#worker, this.#exited, "builder", this.#options.log);
  }

  #nextPiece(id: number): Promise<string | undefined> {
    if (!this.#worker) throw new Error("the builder thread is being started again");
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
    if (message.kind === "built") this.#restartMs = FIRST_RESTART_MS;
    this.#options.onMessage(message);
  }

  #restart(failed: unknown): void {
    this.#worker = undefined;
    for (const piece of this.#pieces.values()) piece.reject(new Error("the builder thread ended"));
    const seconds = this.#restartMs / 1000;
    const reason = failed === undefined ? "without an error" : messageOf(failed);
    this.#options.log.error(
      { err: failed },
      `the builder thread ended, ${reason}; it is started again in ${seconds} s`,
    );
    this.restarts++;
    this.#restartTimer = setTimeout(() => this.start(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LAST_RESTART_MS);
  }

  #post(message: ToBuilder): void {
    this.#worker?.postMessage(message);
  }
}
