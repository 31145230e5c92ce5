import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Timers } from "../base/timers.js";

/** A heap with fewer used bytes is not cleaned. */
const SMALL = 64 * 1024 * 1024;
/** By how many bytes a larger heap may grow before it is cleaned again: at any time, and before work that takes much memory. */
const TOLERATED_GROWTH = 16 * 1024 * 1024;
const TOLERATED_BEFORE_WORK = 8 * 1024 * 1024;
const INTERVAL_MS = 100;

/** A thread's heap. */
export interface Heap {
  /** The bytes of all objects, including garbage that has not been collected. */
  used(): number;
  /** Collects garbage. Takes about a millisecond for every megabyte that is in use. */
  clean(): void;
}

/**
 * Cleans a large heap whenever it has grown by much. By itself, V8 lets a heap grow to three times the size of what is in use before
 * it collects all garbage, because that takes less time. But the builder has time, and other programs on the machine can use the
 * memory.
 */
export class HeapKeeper {
  readonly #heap: Heap | undefined;
  #usedWhenClean = SMALL - TOLERATED_GROWTH;

  /** @param heap if `undefined`, nothing is done */
  constructor(heap: Heap | undefined, timers: Timers) {
    this.#heap = heap;
    const look = () => {
      this.#cleanIfGrownBy(TOLERATED_GROWTH);
      timers.after(INTERVAL_MS, look);
    };
    if (heap) timers.after(INTERVAL_MS, look);
  }

  /** Call this before work that takes much memory. */
  prepare(): void {
    this.#cleanIfGrownBy(TOLERATED_BEFORE_WORK);
  }

  #cleanIfGrownBy(bytes: number): void {
    const heap = this.#heap;
    if (!heap || heap.used() - this.#usedWhenClean < bytes) return;
    heap.clean();
    this.#usedWhenClean = heap.used();
  }
}

/** The heap of the calling thread; `undefined` if V8 does not expose its garbage collector. */
export function ownHeap(): Heap | undefined {
  // V8 exposes its collector only to contexts that are created while this flag is set.
  setFlagsFromString("--expose-gc");
  const clean: (() => void) | undefined = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  return clean && { used: () => getHeapStatistics().used_heap_size, clean };
}
