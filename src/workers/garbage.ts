import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Timers } from "../timers.js";

/** Octets by which the heap may have grown since it was cleaned. */
const TOLERATED_GROWTH = 32 * 1024 * 1024;
const INTERVAL_MS = 500;

/** A thread's heap. */
export interface Heap {
  /** Octets taken by what is in use, and by what is not but has not been removed. */
  used(): number;
  /** Removes what is not in use. Takes about a millisecond for every megabyte that is. */
  clean(): void;
}

/**
 * Cleans a heap from now on whenever it has grown by much. Left alone, the engine lets a heap grow to three times of what is in use
 * before it cleans all of it, since that costs less time; the builder has time, and what else runs on a machine has use for the
 * memory.
 */
export function keepClean(heap: Heap, timers: Timers): void {
  let usedWhenClean = 0;
  const look = () => {
    if (heap.used() - usedWhenClean >= TOLERATED_GROWTH) {
      heap.clean();
      usedWhenClean = heap.used();
    }
    timers.after(INTERVAL_MS, look);
  };
  timers.after(INTERVAL_MS, look);
}

/** The calling thread's; nothing where the engine does not let it be cleaned. */
export function ownHeap(): Heap | undefined {
  // The engine shows its collector to contexts that are made while a flag says so, and to others not.
  setFlagsFromString("--expose-gc");
  const clean: (() => void) | undefined = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  return clean && { used: () => getHeapStatistics().used_heap_size, clean };
}
