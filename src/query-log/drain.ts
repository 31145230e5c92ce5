import type { Timers } from "../base/timers.js";
import type { Encode } from "./encoder.js";
import { LogRecord } from "./record.js";
import { RingReader } from "./ring.js";
import type { Sink } from "./sink.js";

/** How often rings are looked at, in milliseconds. */
const LOOK_MS = 10;
/** Octets that are written at a time: at least twice those of the longest query and answer. */
const CHUNK = 512 * 1024;

export interface DrainParts {
  readonly rings: readonly SharedArrayBuffer[];
  readonly encode: Encode;
  readonly timers: Pick<Timers, "after">;
  /** Milliseconds since 1970, less those of the clock of the threads. */
  readonly epochMs: () => number;
}

/** Takes records out of rings and gives them to a sink. While the sink is busy, what does not fit into a chunk stays in the rings. */
export class Drain {
  readonly #parts: DrainParts;
  readonly #rings: readonly RingReader[];
  readonly #records: readonly LogRecord[];
  /** One is filled while the other is written. */
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #spare = Buffer.allocUnsafeSlow(CHUNK);
  /** What the chunk has, and how many records. */
  #length = 0;
  #taken = 0;
  /** The ring that is read first. */
  #turn = 0;
  #cancel: () => void = () => {};

  constructor(parts: DrainParts) {
    this.#parts = parts;
    this.#rings = parts.rings.map((memory) => new RingReader(memory));
    this.#records = this.#rings.map((ring) => new LogRecord(ring));
  }

  /** Looks at the rings from now on. */
  start(sink: Sink): void {
    const look = () => {
      this.pump(sink);
      this.#cancel = this.#parts.timers.after(LOOK_MS, look);
    };
    look();
  }

  /** Ends, and removes what has not been given to the sink. @returns how many records that was */
  stop(): number {
    this.#cancel();
    let left = this.#taken;
    this.#length = 0;
    this.#taken = 0;
    for (const ring of this.#rings) {
      for (let at = ring.first(); at >= 0; at = ring.first()) {
        ring.remove(at);
        left++;
      }
    }
    return left;
  }

  get isEmpty(): boolean {
    return this.#taken === 0 && this.#rings.every((ring) => ring.first() < 0);
  }

  /** Fills the chunk, and gives it to the sink if that can take it. */
  pump(sink: Sink): void {
    const epochMs = this.#parts.epochMs();
    for (let i = 0; i < this.#rings.length; i++) this.#take((this.#turn + i) % this.#rings.length, epochMs);
    this.#turn = (this.#turn + 1) % this.#rings.length;
    if (this.#taken === 0 || !sink.isReady) return;
    const full = this.#chunk.subarray(0, this.#length);
    const taken = this.#taken;
    [this.#chunk, this.#spare] = [this.#spare, this.#chunk];
    this.#length = 0;
    this.#taken = 0;
    sink.write(full, taken);
  }

  /** Appends the records of a ring to the chunk, as far as they fit. */
  #take(turn: number, epochMs: number): void {
    const [ring, record] = [this.#rings[turn], this.#records[turn]];
    for (let at = ring.first(); at >= 0; at = ring.first()) {
      record.at = at;
      const end = this.#parts.encode(this.#chunk, this.#length, record, epochMs);
      if (end < 0) return;
      ring.remove(at);
      this.#length = end;
      this.#taken++;
    }
  }
}
