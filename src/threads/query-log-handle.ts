import { Worker } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { QueryLogStart, ToQueryLogThread } from "./messages.js";
import { SupervisedThread, type SupervisedWorker } from "./supervised-thread.js";

export type QueryLogWorker = SupervisedWorker<ToQueryLogThread, unknown>;

export interface QueryLogHandleOptions {
  readonly log: Logger;
  readonly timers: Pick<Timers, "after">;
  readonly start: QueryLogStart;
  readonly spawn: (start: QueryLogStart) => QueryLogWorker;
}

export function spawnQueryLog(start: QueryLogStart): QueryLogWorker {
  return new Worker(new URL("./query-log-thread.js", import.meta.url), { workerData: start, name: "query log" });
}

/** The main thread's handle of the thread that writes the query log. One that is started again goes on with the same rings. */
export class QueryLogHandle {
  readonly #thread: SupervisedThread<ToQueryLogThread, unknown>;

  constructor({ log, timers, start, spawn }: QueryLogHandleOptions) {
    this.#thread = new SupervisedThread({
      name: "query log",
      title: "the thread that writes the query log",
      log,
      timers,
      spawn: () => spawn(start),
      onMessage: () => undefined,
    });
  }

  start(): void {
    this.#thread.start();
  }

  reopen(): void {
    this.#thread.post({ kind: "reopen" });
  }

  stop(): Promise<void> {
    return this.#thread.stop({ kind: "stop" });
  }
}
