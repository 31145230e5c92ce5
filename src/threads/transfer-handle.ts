import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { FromTransferThread, ToTransferThread, TransferStart } from "./messages.js";
import { SupervisedThread, type SupervisedWorker } from "./supervised-thread.js";

export type TransferWorker = SupervisedWorker<ToTransferThread, FromTransferThread>;

export interface TransferHandleOptions {
  readonly log: Logger;
  readonly timers: Pick<Timers, "after">;
  /** Returns what a thread that starts now needs. */
  readonly startOf: () => TransferStart;
  /** Called when a thread has been started: gives it the ports to the builder and to those that have sockets. */
  readonly connect: (handle: TransferHandle) => void;
  readonly spawn: (start: TransferStart) => TransferWorker;
}

export function spawnTransfers(start: TransferStart): TransferWorker {
  return new Worker(new URL("./transfer-thread.js", import.meta.url), { workerData: start, name: "transfers" });
}

/** The main thread's handle of the thread that transfers zones. Starts it again if it has ended by itself. */
export class TransferHandle {
  readonly #thread: SupervisedThread<ToTransferThread, FromTransferThread>;
  /** The last report; `undefined` before the first. */
  report: TransferNumbers | undefined;

  constructor({ log, timers, startOf, connect, spawn }: TransferHandleOptions) {
    this.#thread = new SupervisedThread({
      name: "transfers",
      title: "the thread that transfers zones",
      log,
      timers,
      spawn: () => spawn(startOf()),
      onMessage: ({ report }) => {
        this.report = report;
        this.#thread.works();
      },
      onStart: () => connect(this),
    });
  }

  start(): void {
    this.#thread.start();
  }

  /** Whether there is a thread: between its end and its next start there is none. */
  get isRunning(): boolean {
    return this.#thread.worker !== undefined;
  }

  configure(start: Pick<TransferStart, "config" | "keys">): void {
    this.#thread.post({ kind: "configure", ...start });
  }

  /** A port through which a builder sends snapshots. */
  snapshots(): MessagePort {
    return this.#connect("snapshots");
  }

  /** A port for a thread that has sockets. */
  clients(): MessagePort {
    return this.#connect("clients");
  }

  stop(): Promise<void> {
    return this.#thread.stop({ kind: "stop" });
  }

  #connect(kind: "snapshots" | "clients"): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#thread.post({ kind, port: port1 }, [port1]);
    return port2;
  }
}
