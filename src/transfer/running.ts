import type { Timers } from "../base/timers.js";
import { type ChunkPool, ChunkRing } from "./chunks.js";
import type { TransferResponse } from "./response.js";
import type { TransferSink } from "./transport.js";

export interface RunningOptions {
  readonly response: TransferResponse;
  readonly sink: TransferSink;
  readonly pool: ChunkPool;
  readonly timers: Timers;
  /** How long all of it may take. */
  readonly maxMs: number;
  /** Called once. @param problem why the transfer was not completed; `undefined` if it was */
  readonly onEnd: (problem: string | undefined, octets: number, seconds: number) => void;
}

/**
 * A transfer of many messages, made as the client takes them. Whether it takes any is seen where its connection is, which is closed
 * if it does not.
 */
export class RunningTransfer {
  readonly #options: RunningOptions;
  readonly #chunks: ChunkRing;
  readonly #startedAt: number;
  readonly #cancelLimit: () => void;
  #octets = 0;
  #isOver = false;

  constructor(options: RunningOptions) {
    const { timers, maxMs, pool } = options;
    this.#options = options;
    this.#chunks = new ChunkRing(pool);
    this.#startedAt = timers.now();
    this.#cancelLimit = timers.after(maxMs, () => this.#breakOff());
  }

  /** Makes the next messages. */
  more(): void {
    const { response, sink } = this.#options;
    if (this.#isOver || response.isComplete) return;
    const chunk = this.#chunks.next();
    const octets = response.next(chunk);
    this.#octets += octets;
    sink.messages(chunk.subarray(0, octets), response.isComplete);
  }

  /** All messages have been written to the client. */
  done(): void {
    this.#endWith(undefined);
  }

  /** The client has left. */
  cancel(): void {
    this.#endWith("the client left");
  }

  /** It is not known whether the client takes what is under way. */
  lost(): void {
    if (!this.#isOver) this.#end("the connection was lost");
  }

  /** Nobody reads the chunks any more. */
  #endWith(problem: string | undefined): void {
    if (this.#isOver) return;
    this.#chunks.release();
    this.#end(problem);
  }

  #breakOff(): void {
    this.#options.sink.broken();
    this.#end("it took too long");
  }

  #end(problem: string | undefined): void {
    this.#isOver = true;
    this.#cancelLimit();
    const seconds = (this.#options.timers.now() - this.#startedAt) / 1000;
    this.#options.onEnd(problem, this.#octets, seconds);
  }
}
