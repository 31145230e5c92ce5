/** What the query log has done, in memory that all threads share. Every slot has one writer. */

const SHARED_SLOTS = 4;
const SLOT = { written: 0, lost: 1, bytes: 2, working: 3 } as const;

export interface QueryLogReport {
  /** Records that have been written. */
  readonly written: number;
  readonly bytes: number;
  /** Records that did not fit into the memory for what is not written yet. */
  readonly overflows: number;
  /** Records that could not be written. */
  readonly lost: number;
  /** Whether the last attempt to write, or to connect, was a success. */
  readonly isWorking: boolean;
}

export class QueryLogCounts {
  readonly memory: SharedArrayBuffer;
  readonly #slots: Float64Array;

  /** @param memory for another thread: that of an object for `writers` threads that answer */
  constructor(writers: number, memory = new SharedArrayBuffer((SHARED_SLOTS + writers) * 8)) {
    this.memory = memory;
    this.#slots = new Float64Array(memory);
  }

  /** Counts a record that did not fit. @param writer number of the thread that answers */
  overflow(writer: number): void {
    this.#slots[SHARED_SLOTS + writer]++;
  }

  wrote(records: number, bytes: number): void {
    this.#slots[SLOT.written] += records;
    this.#slots[SLOT.bytes] += bytes;
  }

  lose(records: number): void {
    this.#slots[SLOT.lost] += records;
  }

  set isWorking(isWorking: boolean) {
    this.#slots[SLOT.working] = Number(isWorking);
  }

  get report(): QueryLogReport {
    const overflows = this.#slots.subarray(SHARED_SLOTS).reduce((sum, count) => sum + count, 0);
    const [written = 0, lost = 0, bytes = 0, working] = this.#slots;
    return { written, lost, bytes, overflows, isWorking: working === 1 };
  }
}
