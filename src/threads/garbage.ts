import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Timers } from "../base/timers.js";

/** Octets in use below which a heap is left alone. */
const SMALL = 64 * 1024 * 1024;
/** Octets by which a larger one may have grown since it was cleaned: at any time, and before work that takes much more memory. */
const TOLERATED_GROWTH = 16 * 1024 * 1024;
const TOLERATED_BEFORE_WORK = 8 * 1024 * 1024;
const INTERVAL_MS = 100;

/** A thread's heap. */
export interface Heap {
  /** Octets taken by what is in use, and by what is not but has not been removed. */
  used(): number;
  /** Removes what is not in use. Takes about a millisecond for every megabyte that is. */
  clean(): void;
}

/**
 * Cleans a large heap from now on whenever it has grown by much. Left alone, the engine lets a heap grow to three times of what is in use
 * before it cleans all of it, since that costs less time; the builder has time, and what else runs on a machine has use for the
 * memory.
 */
export class HeapKeeper {
  readonly #heap: Heap | undefined;
  #usedWhenClean = SMALL - TOLERATED_GROWTH;

  /** @param heap without one, nothing is done */
  constructor(heap: Heap | undefined, timers: Timers) {
    this.#heap = heap;
    const look = () => {
      this.#cleanIfGrownBy(TOLERATED_GROWTH);
      timers.after(INTERVAL_MS, look);
    };
    if (heap) timers.after(INTERVAL_MS, look);
  }

  /** To be called before work that takes much memory. */
  prepare(): void {
    this.#cleanIfGrownBy(TOLERATED_BEFORE_WORK);
  }

  #cleanIfGrownBy(octets: number): void {
    const heap = this.#heap;
    if (!heap || heap.used() - this.#usedWhenClean < octets) return;
    heap.clean();
    this.#usedWhenClean = heap.used();
  }
}

/** The calling thread's; nothing where the engine does not let it be cleaned. */
export function ownHeap(): Heap | undefined {
  // The engine shows its collector to contexts that are made while a flag says so, and to others not.
  setFlagsFromString("--expose-gc");
  const clean: (() => void) | undefined = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  return clean && { used: () => getHeapStatistics().used_heap_size, clean };
}
