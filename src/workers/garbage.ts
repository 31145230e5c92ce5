import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Octets by which the heap may have grown since it was cleaned. */
const TOLERATED_GROWTH = 32 * 1024 * 1024;

/**
 * Cleans this thread's heap after work that leaves much behind. Left alone, the engine lets a heap grow to three times of what is
 * in use before it cleans it, since that costs less time; the builder has time, and machines in a cluster have other uses for memory.
 */
export class Cleaner {
  readonly #collect = exposeCollector();
  #clean = 0;

  /** Takes some milliseconds for every 10 MB in use, where there is something to be gained, and none where not. */
  clean(): void {
    if (this.#used - this.#clean < TOLERATED_GROWTH) return;
    this.#collect();
    this.#clean = this.#used;
  }

  get #used(): number {
    return getHeapStatistics().used_heap_size;
  }
}

/** The engine shows its collector to contexts made while a flag says so, and to others not. */
function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return collect;
}
