import { connect, type Socket } from "node:net";
import { NO_JITTER, pauseAfter } from "../../base/backoff.js";
import { messageOf } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import { CONTENT_TYPE } from "../dnstap.js";
import { CONTROL, ControlReader, controlFrame } from "../frame-streams.js";
import { SINK_RETRIES, type Sink, type SinkEvents } from "../sink.js";

/** How long a reader may take to agree, and to confirm the end. */
const HANDSHAKE_MS = 5_000;
const FINISH_MS = 1_000;
/** Octets of a chunk that are written at a time: so it shows whether a slow reader goes on. */
const PART = 64 * 1024;

/** A Unix socket where a reader of dnstap listens. */
export class SocketSink implements Sink {
  readonly #path: string;
  readonly #events: SinkEvents;
  readonly #timers: Pick<Timers, "after">;
  #socket: Socket | undefined;
  #hasStarted = false;
  /** Records of the chunk that is being written. */
  #records = 0;
  #isClosed = false;
  #failures = 0;
  #cancel: () => void = () => {};
  #onFinish: () => void = () => {};

  constructor(path: string, events: SinkEvents, timers: Pick<Timers, "after">) {
    this.#path = path;
    this.#events = events;
    this.#timers = timers;
  }

  get isReady(): boolean {
    return this.#hasStarted && this.#records === 0;
  }

  start(): void {
    const socket = connect(this.#path);
    const frames = new ControlReader();
    let trouble = "the reader has closed the connection";
    this.#socket = socket;
    this.#cancel = this.#timers.after(HANDSHAKE_MS, () => socket.destroy(new Error("the reader does not answer")));
    socket.on("connect", () => socket.write(controlFrame(CONTROL.READY)));
    socket.on("data", (part) => {
      try {
        for (const frame of frames.read(part)) this.#take(frame.type, frame.contentTypes);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    socket.on("error", (error) => {
      trouble = messageOf(error);
    });
    socket.on("close", () => this.#lost(trouble));
  }

  write(chunk: Uint8Array, records: number): void {
    this.#records = records;
    if (this.#socket) this.#go(this.#socket, chunk, 0);
  }

  /** A reader that goes away closes its connection. */
  reopen(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    const socket = this.#socket;
    // Behind part of a chunk, no end can be written.
    if (this.isReady && socket) {
      await new Promise<void>((resolve) => {
        this.#onFinish = resolve;
        this.#cancel = this.#timers.after(FINISH_MS, resolve);
        socket.write(controlFrame(CONTROL.STOP));
      });
      this.#cancel();
    }
    socket?.destroy();
    this.#lose();
  }

  #go(socket: Socket, chunk: Uint8Array, at: number): void {
    const end = Math.min(at + PART, chunk.length);
    socket.write(chunk.subarray(at, end), (error) => {
      // Node.js reports no error for what a socket had not written when it was destroyed.
      if (error || socket.destroyed) return;
      if (end < chunk.length) {
        this.#events.onProgress();
        return this.#go(socket, chunk, end);
      }
      const records = this.#records;
      this.#records = 0;
      this.#events.onWritten(records, chunk.length);
      this.#events.onReady();
    });
  }

  /** What has been written in part is counted as lost. */
  #lose(): void {
    const records = this.#records;
    this.#records = 0;
    if (records > 0) this.#events.onLost(records);
  }

  #take(type: number, contentTypes: readonly string[]): void {
    if (type === CONTROL.FINISH) this.#onFinish();
    if (type !== CONTROL.ACCEPT || this.#hasStarted) return;
    if (contentTypes.length > 0 && !contentTypes.includes(CONTENT_TYPE))
      throw new Error(`the reader takes ${contentTypes.join(", ")}, and no dnstap`);
    this.#cancel();
    this.#failures = 0;
    this.#hasStarted = true;
    this.#socket?.write(controlFrame(CONTROL.START));
    this.#events.onReady();
  }

  #lost(reason: string): void {
    this.#cancel();
    this.#hasStarted = false;
    this.#lose();
    this.#onFinish();
    if (this.#isClosed) return;
    this.#events.onTrouble(reason);
    this.#cancel = this.#timers.after(pauseAfter(this.#failures++, SINK_RETRIES, NO_JITTER), () => this.start());
  }
}
