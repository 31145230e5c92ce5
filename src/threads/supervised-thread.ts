import type { MessagePort } from "node:worker_threads";
import { type Backoff, NO_JITTER, pauseAfter } from "../base/backoff.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import { endOf } from "./responder-handle.js";

/** The used part of a worker thread. */
export interface SupervisedWorker<To, From> {
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "message", listener: (message: From) => void): unknown;
  once(event: "exit", listener: () => void): unknown;
  postMessage(message: To, transfer?: readonly MessagePort[]): void;
  terminate(): unknown;
}

export interface SupervisionParts<To, From> {
  /** What it is called when it does not end in time. */
  readonly name: string;
  /** What it is called when it ends by itself: `the builder thread`. */
  readonly title: string;
  readonly log: Logger;
  readonly timers: Pick<Timers, "after">;
  readonly spawn: () => SupervisedWorker<To, From>;
  readonly onMessage: (message: From) => void;
  /** Called when it has been started. */
  readonly onStart?: () => void;
  /** Called when it has ended by itself. */
  readonly onLost?: () => void;
}

const RESTARTS: Backoff = { firstMs: 1_000, lastMs: 60_000 };

/** A thread that is started again when it has ended by itself: after 1 s, 2 s, … up to a minute, until it has shown that it works. */
export class SupervisedThread<To, From> {
  readonly #parts: SupervisionParts<To, From>;
  #worker: SupervisedWorker<To, From> | undefined;
  #exited: Promise<void> = Promise.resolve();
  #cancelRestart: () => void = () => {};
  /** Restarts since it has shown that it works. */
  #failures = 0;
  #isEnding = false;
  restarts = 0;

  constructor(parts: SupervisionParts<To, From>) {
    this.#parts = parts;
  }

  /** `undefined` between its end and its next start. */
  get worker(): SupervisedWorker<To, From> | undefined {
    return this.#worker;
  }

  start(): void {
    const { spawn, onMessage, onStart } = this.#parts;
    const worker = spawn();
    let failed: unknown;
    worker.on("error", (error) => {
      failed = error;
    });
    worker.on("message", onMessage);
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        if (!this.#isEnding) this.#restart(failed);
        resolve();
      });
    });
    this.#worker = worker;
    onStart?.();
  }

  post(message: To, ports: readonly MessagePort[] = []): void {
    this.#worker?.postMessage(message, ports);
  }

  /** It has done some of its work: when it ends, the first pause is short again. */
  works(): void {
    this.#failures = 0;
  }

  /** Ends it for good. @param message that asks it to end */
  async stop(message: To): Promise<void> {
    this.#isEnding = true;
    this.#cancelRestart();
    if (!this.#worker) return;
    this.post(message);
    await endOf(this.#worker, this.#exited, this.#parts.name, this.#parts.log);
  }

  #restart(failed: unknown): void {
    const { title, log, timers, onLost } = this.#parts;
    this.#worker = undefined;
    onLost?.();
    const pauseMs = pauseAfter(this.#failures++, RESTARTS, NO_JITTER);
    const reason = failed === undefined ? "without an error" : messageOf(failed);
    log.error({ err: failed }, `${title} ended, ${reason}; it is started again in ${pauseMs / 1000} s`);
    this.restarts++;
    this.#cancelRestart = timers.after(pauseMs, () => this.start());
  }
}
