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
 * Readers say which generations they hold; memory is free when none of them lies in its lifetime.
 */
export class ShardPool {
  readonly #born = new Map<SharedArrayBuffer, number>();
  readonly #held = new Map<string, readonly number[]>();
  #waiting: Retired[] = [];
  #free: SharedArrayBuffer[] = [];

  /** A reader holds these generations, and no others: the newest it was sent, and any it still reads from before. */
  hold(reader: string, generations: readonly number[]): void {
    this.#held.set(reader, generations);
    const isHeld = ({ born, retired }: Retired) =>
      [...this.#held.values()].some((held) => held.some((generation) => generation >= born && generation < retired));
    this.#free.push(...this.#waiting.filter((entry) => !isHeld(entry)).map(({ memory }) => memory));
    this.#waiting = this.#waiting.filter(isHeld);
    if (this.#free.length > SHARDS) this.#free.splice(0, this.#free.length - SHARDS);
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
}

function roomFor(words: number): number {
  const step = Math.max(MIN_WORDS, 2 ** Math.floor(Math.log2(Math.max(1, words)))) / STEPS;
  return Math.ceil(Math.max(words, MIN_WORDS) / step) * step;
}
