import { KvState } from "./state.js";

/** A store without keys. */
export function emptyState(index: number): KvState {
  return new KvState({ index, floor: index, sessionsIndex: index });
}

/** Milliseconds of one index. */
const INDEX_MS = 4_000;

/**
 * The time as an index. A store without a past begins with it, so that indexes grow although a file was lost. It counts units of four seconds:
 * an index is as small as one that counts writes, and the next write's is nearly always the last one's plus 1.
 */
export function timeIndex(wallClock: () => number): number {
  return Math.floor(wallClock() / INDEX_MS);
}
