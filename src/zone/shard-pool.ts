import { SHARDS } from "./layout.js";

/** Sizes are rounded up to an eighth of a power of two, so that a shard that grows a little still fits. */
const STEPS = 8;
const MIN_WORDS = 64;

/** Memory that belongs to the generations from `born` up to, but not including, `retired`. */
interface Retired {
  readonly memory: SharedArrayBuffer;
  readonly born: number;
  readonly retired: number;
}

/**
 * Reuses the memory of shards that no thread reads any more. Without it, old shards would be left to the garbage collectors of
 * all threads, which do not count shared memory and so let it pile up.
 *
 * A reader moves from one generation to the next, and acknowledges each. It may still read all later ones, which wait in its queue.
 * While some of its work still reads an older generation, it pins that one. So memory is free when every reader has acknowledged
 * `retired` or a later generation, and no pinned generation lies between `born` and `retired`.
 */
export class ShardPool {
  readonly #born = new Map<SharedArrayBuffer, number>();
  readonly #acknowledged = new Map<string, number>();
  readonly #pinned = new Map<string, readonly number[]>();
  #waiting: Retired[] = [];
  #free: SharedArrayBuffer[] = [];

  /** Call this when a reader now reads this generation, and no older one except pinned ones. The first call registers the reader. */
  acknowledge(reader: string, generation: number): void {
    this.#acknowledged.set(reader, Math.max(generation, this.#acknowledged.get(reader) ?? 0));
    this.#release();
  }

  /** Sets the generations that a holder reads over time. Call it before its reader acknowledges a newer one. */
  pin(holder: string, generations: readonly number[]): void {
    this.#pinned.set(holder, generations);
    this.#release();
  }

  /** Memory of at least `words` words for a shard of `generation` and later ones. Its content is undefined. */
  take(words: number, generation: number): SharedArrayBuffer {
    const bytes = roomFor(words);
    const fitting = this.#free.findIndex((memory) => memory.byteLength === bytes);
    const memory = fitting < 0 ? shardMemory(words) : this.#free.splice(fitting, 1)[0];
    this.#born.set(memory, generation);
    return memory;
  }

  /**
   * Call this when the memory belongs to no generation from this one on. Memory that comes from elsewhere is left to the garbage
   * collector: its size may fit no shard.
   */
  retire(memory: SharedArrayBuffer, generation: number): void {
    const born = this.#born.get(memory);
    if (born === undefined) return;
    this.#waiting.push({ memory, born, retired: generation });
    this.#born.delete(memory);
  }

  /** Forgets a reader that has ended, and what it has pinned. */
  forget(reader: string): void {
    this.#acknowledged.delete(reader);
    this.#pinned.delete(reader);
    this.#release();
  }

  #release(): void {
    const slowest = Math.min(...this.#acknowledged.values());
    const pins = [...this.#pinned.values()].flat();
    const isRead = ({ born, retired }: Retired) =>
      retired > slowest || pins.some((generation) => generation >= born && generation < retired);
    this.#free.push(...this.#waiting.filter((entry) => !isRead(entry)).map(({ memory }) => memory));
    this.#waiting = this.#waiting.filter(isRead);
    if (this.#free.length > SHARDS) this.#free.splice(0, this.#free.length - SHARDS);
  }
}

/** New memory for a shard of so many words. */
export function shardMemory(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(roomFor(words));
}

/** The bytes of memory for a shard of so many words. */
function roomFor(words: number): number {
  const step = Math.max(MIN_WORDS, 2 ** Math.floor(Math.log2(Math.max(1, words)))) / STEPS;
  return Math.ceil(Math.max(words, MIN_WORDS) / step) * step * Uint32Array.BYTES_PER_ELEMENT;
}
