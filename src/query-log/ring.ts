/**
 * Records from one thread to another, in shared memory of fixed size: the writer never waits, and what does not fit is dropped.
 *
 *     0        8               64                                        64 + capacity
 *     ┌────────┬───────────────┬──────────────────────────────────────────┐
 *     │ to   at│ (unused)      │ …free… record record record …free…       │
 *     └────────┴───────────────┴──────────────────────────────────────────┘
 *
 * `at` is where the reader goes on, `to` is where the published records end; if both are the same, there are none. A record is a multiple of
 * eight octets, begins with its length in octets, and does not wrap: where the next one does not fit before the end, a mark says so, and it
 * stands at the beginning. One thread writes, one reads.
 */
const TO = 0;
const AT = 1;
const HEADER = 64;
/** Of a length: all that follows is free, and the next record is at the beginning. */
const WRAPPED = 0xffff_ffff;
const ALIGNMENT = 8;

/** The memory of a ring. @param bytes for records */
export function ringMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER + aligned(bytes));
}

/** The octets that a record of this length takes. */
export function aligned(octets: number): number {
  return Math.ceil(octets / ALIGNMENT) * ALIGNMENT;
}

/** The views of a ring's memory. Indices of records are in octets from the beginning of the memory. */
class RingViews {
  readonly octets: Uint8Array;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
  protected readonly positions: Int32Array;
  protected readonly end: number;

  constructor(memory: SharedArrayBuffer) {
    this.octets = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
    this.numbers = new Float64Array(memory);
    this.positions = new Int32Array(memory);
    this.end = memory.byteLength;
  }

  /** Positions are stored less the header, so that new memory is an empty ring. */
  protected position(which: number): number {
    return Atomics.load(this.positions, which) + HEADER;
  }
}

export class RingWriter extends RingViews {
  /** Where the next record begins, if it fits there. */
  #to: number;
  #published: number;

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    this.#to = this.position(TO);
    this.#published = this.#to;
  }

  /**
   * Begins a record, which stays invisible until `publish`. Its length is written.
   * @param octets a multiple of eight
   * @returns its index, or -1 if it does not fit
   */
  begin(octets: number): number {
    const at = this.position(AT);
    const to = this.#to;
    if (to < at) return this.#place(to, octets, at - to);
    // The octets in front of the reader stay free: else a full ring would look like an empty one.
    const isAtStart = at === HEADER;
    if (octets < this.end - to || (octets === this.end - to && !isAtStart)) return this.#place(to, octets, octets + 1);
    if (octets >= at - HEADER) return -1;
    this.words[to / 4] = WRAPPED;
    return this.#place(HEADER, octets, octets + 1);
  }

  /** Visits the records that have not been published. */
  eachUnpublished(visit: (at: number) => void): void {
    for (let at = this.#published; at !== this.#to; ) {
      const length = this.words[at / 4];
      if (length !== WRAPPED) visit(at);
      at = next(at, length, this.end);
    }
  }

  /** Lets the reader see all records that have been begun. */
  publish(): void {
    this.#published = this.#to;
    Atomics.store(this.positions, TO, this.#to - HEADER);
  }

  /** @param room octets up to where the reader is */
  #place(at: number, octets: number, room: number): number {
    if (octets >= room) return -1;
    this.words[at / 4] = octets;
    this.#to = at + octets === this.end ? HEADER : at + octets;
    return at;
  }
}

export class RingReader extends RingViews {
  /** The index of the oldest record; -1 if there is none. It stays until `remove`. */
  first(): number {
    for (;;) {
      const at = this.position(AT);
      if (at === this.position(TO)) return -1;
      if (this.words[at / 4] !== WRAPPED) return at;
      Atomics.store(this.positions, AT, 0);
    }
  }

  /** Frees the memory of the oldest record. @param at its index */
  remove(at: number): void {
    Atomics.store(this.positions, AT, next(at, this.words[at / 4], this.end) - HEADER);
  }
}

function next(at: number, length: number, end: number): number {
  return length === WRAPPED || at + length === end ? HEADER : at + length;
}
