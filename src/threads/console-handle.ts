import { Worker } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Change } from "../console/changes.js";
import type { Question } from "../console/questions.js";
import type { BuilderPorts, ConsoleStart, FromConsoleThread, ToConsoleThread } from "./console-messages.js";
import { SupervisedThread, type SupervisedWorker } from "./supervised-thread.js";

export type ConsoleWorker = SupervisedWorker<ToConsoleThread, FromConsoleThread>;

export interface ConsoleHandleOptions {
  readonly log: Logger;
  readonly timers: Timers;
  /** Returns what a thread that starts now needs. */
  readonly startOf: () => ConsoleStart;
  /** Called when a thread has been started: has it given the ports to the builder. */
  readonly connect: () => void;
  readonly onChanges: (changes: readonly Change[]) => void;
  readonly spawn: (start: ConsoleStart) => ConsoleWorker;
}

export function spawnConsole(start: ConsoleStart): ConsoleWorker {
  return new Worker(new URL("./console-thread.js", import.meta.url), { workerData: start, name: "console" });
}

/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 10_000;
/** More questions are not asked at a time. */
const MAX_ASKED = 64;

interface Asked {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's handle of the console's thread. Starts it again if it has ended by itself. */
export class ConsoleHandle {
  readonly #thread: SupervisedThread<ToConsoleThread, FromConsoleThread>;
  readonly #timers: Timers;
  readonly #asked = new Map<number, Asked>();
  #last = 0;

  constructor({ log, timers, startOf, connect, onChanges, spawn }: ConsoleHandleOptions) {
    this.#timers = timers;
    this.#thread = new SupervisedThread({
      name: "console",
      title: "the console's thread",
      log,
      timers,
      spawn: () => spawn(startOf()),
      onMessage: (message) => {
        if (message.kind === "changes") onChanges(message.changes);
        else this.#settle(message);
      },
      onStart: connect,
      onLost: () => {
        for (const { reject } of this.#asked.values()) reject(new Error("the console's thread ended"));
      },
    });
  }

  start(): void {
    this.#thread.start();
  }

  /** Gives the thread the ports to a builder. */
  connect(ports: BuilderPorts): void {
    if (this.#thread.worker) this.#thread.post({ kind: "builder", ...ports }, [ports.snapshots, ports.cluster]);
    else for (const port of Object.values(ports)) port.close();
  }

  /** Resolves to JSON text; to `undefined` if there is no such thing. Rejects if the thread is busy or has ended. */
  ask(question: Question): Promise<string | undefined> {
    if (this.#asked.size >= MAX_ASKED) return Promise.reject(new Error(`${MAX_ASKED} questions wait for an answer`));
    if (!this.#thread.worker) return Promise.reject(new Error("the console's thread is being started again"));
    const id = ++this.#last;
    return new Promise<string | undefined>((resolve, reject) => {
      const cancel = this.#timers.after(ANSWER_MS, () =>
        this.#settle({ kind: "failed", id, message: "it took too long" }),
      );
      const over = () => {
        cancel();
        this.#asked.delete(id);
      };
      this.#asked.set(id, {
        resolve: (text) => {
          over();
          resolve(text);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      });
      this.#thread.post({ kind: "ask", id, question });
    });
  }

  stop(): Promise<void> {
    return this.#thread.stop({ kind: "stop" });
  }

  #settle(message: Exclude<FromConsoleThread, { kind: "changes" }>): void {
    const asked = this.#asked.get(message.id);
    if (message.kind === "failed") asked?.reject(new Error(message.message));
    else {
      this.#thread.works();
      asked?.resolve(message.text);
    }
  }
}
