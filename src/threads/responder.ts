import { codeOf, type ErrorCode, MesosDnsError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { ForwardReport } from "../forward/report.js";
import type { DnsStack } from "../serving/stack.js";
import type { Listeners } from "../transport/listeners.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { FromResponder, Reading, ToResponder } from "./messages.js";
import { RecorderSwitch } from "./recorder-switch.js";
import { Reporter } from "./reporter.js";

/** The port from which snapshots come, and through which the responder reports the generation that it reads. */
export interface SnapshotPort {
  on(event: "message", listener: (update: SnapshotUpdate) => void): unknown;
  postMessage(reading: Reading): void;
}

type Stack = Pick<
  DnsStack,
  | "answerer"
  | "connectTransfers"
  | "forwardClient"
  | "forwardServer"
  | "configure"
  | "flush"
  | "cached"
  | "recorder"
  | "report"
  | "start"
  | "close"
>;

export interface ResponderParts {
  readonly stack: Stack;
  readonly listeners: Pick<Listeners, "listen" | "configure" | "updateReceiveDrops" | "stop">;
  /** Sends messages to the main thread. */
  readonly port: { postMessage(message: FromResponder): void; close(): void };
  readonly log: Pick<Logger, "error">;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Answers from the newest snapshot. Opens its sockets when it is told to. */
export class Responder {
  readonly #parts: ResponderParts;
  /** Tells main of forwarding. */
  readonly #reporter: Reporter<ForwardReport>;
  readonly #recorder: RecorderSwitch;
  #stopping = false;
  /** Open the sockets as soon as the snapshot has this generation or a later one. */
  #listenFrom = Number.POSITIVE_INFINITY;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    const { stack, listeners, timers } = parts;
    this.#recorder = new RecorderSwitch((recorder) => {
      stack.recorder = recorder;
    });
    this.#reporter = new Reporter({
      timers,
      read: () => {
        listeners.updateReceiveDrops();
        return stack.report();
      },
      post: (report) => this.#post({ kind: "forwarding", report }),
    });
  }

  start(): void {
    this.#reporter.start();
  }

  /** Handles a message. The promise settles when that is done. */
  async take(message: ToResponder): Promise<void> {
    const { stack } = this.#parts;
    switch (message.kind) {
      case "restored":
        stack.answerer.use(stack.answerer.snapshot.with(message.update));
        return this.#listenInTime();
      case "snapshots":
        return this.#follow(message.port);
      case "forwarding":
        stack.forwardClient?.connect(message.port);
        stack.forwardServer?.connect(message.port);
        return;
      case "listen":
        this.#listenFrom = message.generation;
        return this.#listenInTime();
      case "configure":
        return this.#configure(message);
      case "flush":
        this.#post({ kind: "flushed", id: message.id, answers: stack.flush(message.name) });
        return this.#reporter.report();
      case "lookUp":
        return this.#post({ kind: "lookedUp", id: message.id, answers: stack.cached(message.name) });
      case "stale":
        stack.answerer.stale = message.stale;
        return;
      case "record":
        return this.#recorder.use(message.recording, message.purpose);
      case "transfers":
        return stack.connectTransfers(message.port);
      case "stop":
        return this.#stop().catch((error: unknown) => {
          this.#parts.log.error({ err: error }, "stopping failed");
        });
    }
  }

  #follow(snapshots: SnapshotPort): void {
    const { answerer } = this.#parts.stack;
    snapshots.on("message", (update) => {
      answerer.use(answerer.snapshot.with(update));
      void this.#listenInTime();
      snapshots.postMessage({ generation: update.generation, pinned: [] });
    });
  }

  /** Opens the sockets, once, if the awaited generation has arrived. */
  async #listenInTime(): Promise<void> {
    const { stack, listeners } = this.#parts;
    if (this.#stopping || stack.answerer.snapshot.generation < this.#listenFrom) return;
    this.#listenFrom = Number.POSITIVE_INFINITY;
    try {
      await listeners.listen();
      if (this.#stopping) return;
      stack.start();
      this.#post({ kind: "listening" });
    } catch (error) {
      const failure = { code: listenCodeOf(error), message: messageOf(error), at: this.#parts.wallClock() };
      this.#post({ kind: "failed", failure });
    }
  }

  async #configure({ config, certificates, tsigKeys }: Extract<ToResponder, { kind: "configure" }>): Promise<void> {
    const { stack, listeners, log } = this.#parts;
    stack.configure(config, certificates.resolverAuthorities, tsigKeys);
    try {
      await listeners.configure(config, certificates);
    } catch (error) {
      log.error({ code: listenCodeOf(error) }, `${messageOf(error)}; DNS over TLS is not served`);
    }
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    const { stack, listeners, port } = this.#parts;
    await listeners.stop();
    stack.close();
    this.#reporter.stop();
    this.#post({ kind: "stopped" });
    port.close();
  }

  #post(message: FromResponder): void {
    this.#parts.port.postMessage(message);
  }
}

function listenCodeOf(error: unknown): ErrorCode {
  return error instanceof MesosDnsError ? codeOf(error) : "LISTEN_FAILED";
}
