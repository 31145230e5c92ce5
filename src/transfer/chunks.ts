import { CHUNK, CHUNKS_AHEAD } from "./transport.js";

/** Chunks that are kept for transfers to come. */
const MAX_SPARE = 2 * CHUNKS_AHEAD;

/** Memory for chunks of messages, which threads with sockets write from. */
export class ChunkPool {
  readonly #spare: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(new SharedArrayBuffer(CHUNK));
  }

  /** Takes memory back that nobody reads any more. */
  give(chunks: readonly Uint8Array[]): void {
    this.#spare.push(...chunks.slice(0, MAX_SPARE - this.#spare.length));
  }
}

/** The chunks of one transfer, which are used in turn. */
export class ChunkRing {
  readonly #pool: ChunkPool;
  readonly #chunks: Uint8Array[] = [];
  #next = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** Memory for the next chunk. When it is asked for, the client has taken all but the last `CHUNKS_AHEAD - 1`. */
  next(): Uint8Array {
    const index = this.#next;
    this.#next = (index + 1) % CHUNKS_AHEAD;
    if (index === this.#chunks.length) this.#chunks.push(this.#pool.take());
    return this.#chunks[index];
  }

  /** Nobody reads the chunks any more. Without this call the memory goes when the last thread has forgotten it. */
  release(): void {
    this.#pool.give(this.#chunks.splice(0));
  }
}
