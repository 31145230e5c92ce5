import { SHARDS } from "./layout.js";

/** Memory is handed out in steps of an eighth of its size's power of two, so that a shard that grows a little still fits. */
const STEPS = 8;
const MIN_WORDS = 64;

/** Memory that was part of the generations from `born` up to, but not including, `retired`. */
interface Retired {
  readonly memory: SharedArrayBuffer;
  readonly born: number;
  readonly retired: number;
}

/**
 * Uses the memory of shards again that no thread reads any more. Without it every changed zone would leave its
 * predecessor to the garbage collectors of all threads, which do not count shared memory and so let it pile up.
 *
 * A reader goes from one generation to the next and says how far it is: what lies ahead of it is still to be read, as snapshots wait
 * in its queue. It may stay at a generation with part of its work, and says so by pinning that one. So memory is free when every
 * reader has come past its life, and no pin lies in it.
 */
export class ShardPool {
  readonly #born = new Map<SharedArrayBuffer, number>();
  readonly #acknowledged = new Map<string, number>();
  readonly #pinned = new Map<string, readonly number[]>();
  #waiting: Retired[] = [];
  #free: SharedArrayBuffer[] = [];

  /** A reader reads this generation now, and never again an older one that it has not pinned. The first call makes it known. */
  acknowledge(reader: string, generation: number): void {
    this.#acknowledged.set(reader, Math.max(generation, this.#acknowledged.get(reader) ?? 0));
    this.#release();
  }

  /** Somebody reads these generations over time. To be said before its reader acknowledges a newer one; replaces what it said before. */
  pin(holder: string, generations: readonly number[]): void {
    this.#pinned.set(holder, generations);
    this.#release();
  }

  /** Memory of at least so many words for a shard that is part of `generation` and later ones. Its content is anything. */
  take(words: number, generation: number): SharedArrayBuffer {
    const octets = roomFor(words) * 4;
    const fitting = this.#free.findIndex((memory) => memory.byteLength === octets);
    const memory = fitting < 0 ? new SharedArrayBuffer(octets) : this.#free.splice(fitting, 1)[0];
    this.#born.set(memory, generation);
    return memory;
  }

  /** The memory is part of no generation from this one on. */
  retire(memory: SharedArrayBuffer, generation: number): void {
    this.#waiting.push({ memory, born: this.#born.get(memory) ?? 0, retired: generation });
    this.#born.delete(memory);
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

function roomFor(words: number): number {
  const step = Math.max(MIN_WORDS, 2 ** Math.floor(Math.log2(Math.max(1, words)))) / STEPS;
  return Math.ceil(Math.max(words, MIN_WORDS) / step) * step;
}
