import { randomFillSync } from "node:crypto";

const POOL = 4096;

/**
 * Returns a function that returns unpredictable unsigned 16-bit integers. Draws bytes in bulk, so that a call for each query is
 * cheap.
 */
export function createSecureRandom16(): () => number {
  const pool = new Uint16Array(POOL);
  let used = POOL;
  return () => {
    if (used === POOL) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++];
  };
}
