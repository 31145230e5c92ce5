import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { CachedAnswer } from "../forward/cached-answers.js";
import type { ForwardReport } from "../forward/report.js";
import type { Recording } from "../query-log/recording.js";
import type { Certificates } from "../transport/certificate.js";
import type { TsigKey } from "../wire/tsig.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { FromResponder, ResponderConfig, ResponderStart, ToResponder } from "./messages.js";
import type { RecordingPurpose } from "./recorder-switch.js";

export interface ResponderHandleOptions {
  readonly start: ResponderStart;
  readonly onForwarding: (report: ForwardReport) => unknown;
  /** Called if the thread ends by itself. */
  readonly onLost: (error: Error) => void;
  readonly log: Logger;
}

/** The main thread's handle of a responder. */
export class ResponderHandle {
  readonly #listening: Promise<void>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #log: Logger;
  #ending = false;
  readonly #flushes = new Map<number, (answers: number) => void>();
  readonly #lookUps = new Map<number, (answers: readonly CachedAnswer[]) => void>();
  #nextId = 1;

  constructor(options: ResponderHandleOptions) {
    this.#log = options.log;
    this.#worker = new Worker(new URL("./responder-thread.js", import.meta.url), {
      workerData: options.start,
      name: "responder",
    });
    let failed: unknown;
    this.#worker.on("error", (error) => {
      failed = error;
    });
    this.#listening = new Promise<void>((resolve, reject) => {
      this.#worker.on("message", (message: FromResponder) => {
        if (message.kind === "listening") resolve();
        else if (message.kind === "forwarding") options.onForwarding(message.report);
        else if (message.kind === "flushed") this.#flushes.get(message.id)?.(message.answers);
        else if (message.kind === "lookedUp") this.#lookUps.get(message.id)?.(message.answers);
        else if (message.kind === "failed") {
          this.#ending = true;
          reject(new MesosDnsError(message.failure.code, message.failure.message));
        }
      });
    });
    this.#exited = new Promise<void>((resolve) => {
      this.#worker.once("exit", () => {
        if (!this.#ending) {
          const reason = failed === undefined ? "without an error" : messageOf(failed);
          const advice = "the process has to be started again";
          options.onLost(
            new MesosDnsError("THREAD_LOST", `the answering thread ended, ${reason}: ${advice}`, { cause: failed }),
          );
        }
        resolve();
      });
    });
  }

  /** Passes on the zone that was saved last. */
  restore(update: SnapshotUpdate): void {
    this.#post({ kind: "restored", update });
  }

  /**
   * Opens the listeners as soon as the responder has this generation or a later one. Rejects with a `MesosDnsError` if they cannot
   * be opened.
   */
  listen(generation: number): Promise<void> {
    this.#post({ kind: "listen", generation });
    return this.#listening;
  }

  configure(config: ResponderConfig, certificates: Certificates, tsigKeys: readonly TsigKey[]): void {
    this.#post({ kind: "configure", config, certificates, tsigKeys });
  }

  /**
   * Flushes cached answers of upstreams, all or those for one name. Resolves to their number.
   * @param name lower-case wire form as latin1
   */
  flush(name: string | undefined): Promise<number> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#flushes.set(id, (answers) => {
        this.#flushes.delete(id);
        resolve(answers);
      });
      this.#post({ kind: "flush", id, name });
    });
  }

  /** The answers of upstreams to this name that it has cached. @param name lower-case wire form as latin1 */
  lookUp(name: string): Promise<readonly CachedAnswer[]> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#lookUps.set(id, (answers) => {
        this.#lookUps.delete(id);
        resolve(answers);
      });
      this.#post({ kind: "lookUp", id, name });
    });
  }

  record(recording: Recording | undefined, purpose: RecordingPurpose): void {
    this.#post({ kind: "record", recording, purpose });
  }

  setStale(stale: boolean): void {
    this.#post({ kind: "stale", stale });
  }

  /** A port through which a builder sends snapshots directly to the responder. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ kind: "snapshots", port: port1 } satisfies ToResponder, [port1]);
    return port2;
  }

  /** Makes this responder forward queries for the other one. */
  forwardFor(other: ResponderHandle): void {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ kind: "forwarding", port: port1 } satisfies ToResponder, [port1]);
    other.#worker.postMessage({ kind: "forwarding", port: port2 } satisfies ToResponder, [port2]);
  }

  /** @param port to the thread that transfers zones */
  connectTransfers(port: MessagePort | undefined): void {
    this.#worker.postMessage({ kind: "transfers", port } satisfies ToResponder, port ? [port] : []);
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#post({ kind: "stop" });
    await endOf(this.#worker, this.#exited, "responder", this.#log);
  }

  #post(message: ToResponder): void {
    this.#worker.postMessage(message);
  }
}

/** How long a thread may take to end when asked to. After that it is terminated. */
const END_MS = 4_000;

/** Waits for a thread to end, and terminates it if it takes too long. @param name of the thread, for the log */
export async function endOf(
  worker: { terminate(): unknown },
  exited: Promise<void>,
  name: string,
  log: Logger,
): Promise<void> {
  const timer = setTimeout(() => {
    log.warn({ ended: name, afterMs: END_MS }, "a thread did not end in time, and has been ended");
    worker.terminate();
  }, END_MS);
  await exited;
  clearTimeout(timer);
}
