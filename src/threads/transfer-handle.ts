import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { type Backoff, pauseAfter } from "../base/backoff.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { FromTransferThread, ToTransferThread, TransferStart } from "./messages.js";
import { endOf } from "./responder-handle.js";

/** The used part of a worker thread. */
export interface TransferWorker {
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "message", listener: (message: FromTransferThread) => void): unknown;
  once(event: "exit", listener: () => void): unknown;
  postMessage(message: ToTransferThread, transfer?: readonly MessagePort[]): void;
  terminate(): unknown;
}

export interface TransferHandleOptions {
  readonly log: Logger;
  readonly timers: Pick<Timers, "after">;
  /** Returns what a thread that starts now needs. */
  readonly startOf: () => TransferStart;
  /** Called when a thread has been started: gives it the ports to the builder and to those that have sockets. */
  readonly connect: (handle: TransferHandle) => void;
  readonly spawn: (start: TransferStart) => TransferWorker;
}

const RESTARTS: Backoff = { firstMs: 1_000, lastMs: 60_000 };
/** There is only one, so restarts need not be spread. */
const NO_JITTER = () => 0;

export function spawnTransfers(start: TransferStart): TransferWorker {
  return new Worker(new URL("./transfer-thread.js", import.meta.url), { workerData: start, name: "transfers" });
}

/** The main thread's handle of the thread that transfers zones. Starts it again if it has ended by itself. */
export class TransferHandle {
  readonly #options: TransferHandleOptions;
  #worker: TransferWorker | undefined;
  #exited: Promise<void> = Promise.resolve();
  #cancelRestart: () => void = () => {};
  #failures = 0;
  #isEnding = false;
  /** The last report; `undefined` before the first. */
  report: TransferNumbers | undefined;

  constructor(options: TransferHandleOptions) {
    this.#options = options;
  }

  start(): void {
    const worker = this.#options.spawn(this.#options.startOf());
    let failed: unknown;
    worker.on("error", (error) => {
      failed = error;
    });
    worker.on("message", ({ report }) => {
      this.report = report;
    });
    this.#exited = new Promise((resolve) => {
      worker.once("exit", () => {
        if (!this.#isEnding) this.#restart(failed);
        resolve();
      });
    });
    this.#worker = worker;
    this.#options.connect(this);
  }

  /** Whether there is a thread: between its end and its next start there is none. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  configure(start: Pick<TransferStart, "config" | "keys">): void {
    this.#worker?.postMessage({ kind: "configure", ...start });
  }

  /** A port through which a builder sends snapshots. */
  snapshots(): MessagePort {
    return this.#connect("snapshots");
  }

  /** A port for a thread that has sockets. */
  clients(): MessagePort {
    return this.#connect("clients");
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#cancelRestart();
    if (!this.#worker) return;
    this.#worker.postMessage({ kind: "stop" });
    await endOf(this.#worker, this.#exited, "transfers", this.#options.log);
  }

  #connect(kind: "snapshots" | "clients"): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#worker?.postMessage({ kind, port: port1 } as ToTransferThread, [port1]);
    return port2;
  }

  #restart(failed: unknown): void {
    this.#worker = undefined;
    const pauseMs = pauseAfter(this.#failures++, RESTARTS, NO_JITTER);
    const reason = failed === undefined ? "without an error" : messageOf(failed);
    const message = `the thread that transfers zones ended, ${reason}; it is started again in ${pauseMs / 1000} s`;
    this.#options.log.error({ err: failed }, message);
    this.#cancelRestart = this.#options.timers.after(pauseMs, () => this.start());
  }
}
