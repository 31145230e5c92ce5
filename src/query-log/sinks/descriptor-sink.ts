import { hasCode, messageOf } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import type { Sink, SinkEvents } from "../sink.js";

/** When to try again if whoever reads standard output is slower. */
const RETRY_MS = 20;

/** The used part of `node:fs`. */
export type WriteDescriptor = (
  fd: number,
  octets: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

/**
 * A descriptor that somebody else has opened: standard output. Written without the stream of Node.js, which would keep in memory what nobody
 * reads.
 */
export class DescriptorSink implements Sink {
  isReady = false;
  readonly #fd: number;
  readonly #events: SinkEvents;
  readonly #timers: Pick<Timers, "after">;
  readonly #write: WriteDescriptor;
  /** Records of the chunk that is being written. */
  #records = 0;
  #cancel: () => void = () => {};

  constructor(
    fd: number,
    { events, timers, write }: { events: SinkEvents; timers: Pick<Timers, "after">; write: WriteDescriptor },
  ) {
    this.#fd = fd;
    this.#events = events;
    this.#timers = timers;
    this.#write = write;
  }

  start(): void {
    this.isReady = true;
    this.#events.onReady();
  }

  write(chunk: Uint8Array, records: number): void {
    this.isReady = false;
    this.#records = records;
    this.#go(chunk, 0);
  }

  reopen(): void {}

  async close(): Promise<void> {
    this.#cancel();
    const records = this.#records;
    this.#records = 0;
    if (records > 0) this.#events.onLost(records);
  }

  #go(chunk: Uint8Array, at: number): void {
    this.#write(this.#fd, chunk.subarray(at), (error, written) => {
      const records = this.#records;
      // After the end, nobody waits for it, and it has been counted.
      if (records === 0) return;
      if (error && hasCode(error, "EAGAIN")) {
        this.#cancel = this.#timers.after(RETRY_MS, () => this.#go(chunk, at));
        return;
      }
      if (!error && at + written < chunk.length) {
        this.#events.onProgress();
        return this.#go(chunk, at + written);
      }
      this.isReady = true;
      this.#records = 0;
      if (error) {
        this.#events.onLost(records);
        this.#events.onTrouble(messageOf(error));
        return;
      }
      this.#events.onWritten(records, chunk.length);
      this.#events.onReady();
    });
  }
}
