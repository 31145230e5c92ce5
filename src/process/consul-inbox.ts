import type { ConsulPiece } from "../consul/registry/pieces.js";
import type { ConsulReport } from "../consul/report.js";

/** Who takes Consul's catalogue. */
export interface ConsulReader {
  /** The last index that has come. */
  readonly index: number;
  readonly report: ConsulReport;
  take(piece: ConsulPiece): void;
}

/**
 * Consul's catalogue on its way from the builder. Whoever reads it is loaded only when it is served, and may be late: until then the first
 * piece waits here, and the builder with the next.
 */
export class ConsulInbox {
  readonly #onTaken: () => void;
  #isWanted: boolean;
  #reader: ConsulReader | undefined;
  #waiting: ConsulPiece | undefined;
  #index = 0;

  constructor(isWanted: boolean, onTaken: () => void) {
    this.#isWanted = isWanted;
    this.#onTaken = onTaken;
  }

  /** Indexes up to this one have been used. */
  get index(): number {
    return Math.max(this.#index, this.#reader?.index ?? 0);
  }

  /** What there is to see of it; `undefined` while it is not served. */
  get report(): ConsulReport | undefined {
    return this.#reader?.report;
  }

  /** Call this when the configuration turns it on or off. What has come before is of no use afterwards. */
  configure(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    if (this.#waiting) this.#onTaken();
    this.#waiting = undefined;
  }

  take(piece: ConsulPiece): void {
    if (!this.#reader && this.#isWanted) {
      this.#waiting = piece;
      return;
    }
    this.#reader?.take(piece);
    this.#onTaken();
  }

  /** @param reader gets everything from now on; `undefined` if there is none any more */
  attach(reader: ConsulReader | undefined): void {
    this.#index = this.index;
    this.#reader = reader;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.take(waiting);
  }
}
