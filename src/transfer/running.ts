import type { Timers } from "../base/timers.js";
import type { TransferResponse } from "./response.js";
import type { TransferSink } from "./transport.js";

/** A client that takes nothing for so long is given up. */
const STALLED_MS = 30_000;

export interface RunningOptions {
  readonly response: TransferResponse;
  readonly sink: TransferSink;
  readonly timers: Timers;
  /** How long all of it may take. */
  readonly maxMs: number;
  /** Called once. @param problem why the transfer was not completed; `undefined` if it was */
  readonly onEnd: (problem: string | undefined, octets: number, seconds: number) => void;
}

/** A transfer of many messages, made as the client takes them. */
export class RunningTransfer {
  readonly #options: RunningOptions;
  readonly #startedAt: number;
  readonly #cancelLimit: () => void;
  #cancelStalled: () => void = () => {};
  #octets = 0;
  #isOver = false;

  constructor(options: RunningOptions) {
    const { timers, maxMs } = options;
    this.#options = options;
    this.#startedAt = timers.now();
    this.#cancelLimit = timers.after(maxMs, () => this.#breakOff("it took too long"));
  }

  /** Makes the next messages. */
  more(): void {
    const { response, sink, timers } = this.#options;
    if (this.#isOver || response.isComplete) return;
    this.#cancelStalled();
    const octets = response.next();
    this.#octets += octets.length;
    this.#cancelStalled = timers.after(STALLED_MS, () => this.#breakOff("the client did not read it"));
    sink.messages(octets, response.isComplete);
  }

  /** All messages have been written to the client. */
  done(): void {
    if (!this.#isOver) this.#end(undefined);
  }

  /** The client has left. */
  cancel(): void {
    if (!this.#isOver) this.#end("the client left");
  }

  #breakOff(problem: string): void {
    this.#options.sink.broken();
    this.#end(problem);
  }

  #end(problem: string | undefined): void {
    this.#isOver = true;
    this.#cancelStalled();
    this.#cancelLimit();
    const seconds = (this.#options.timers.now() - this.#startedAt) / 1000;
    this.#options.onEnd(problem, this.#octets, seconds);
  }
}
