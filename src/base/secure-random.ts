import { randomFillSync } from "node:crypto";

const POOL = 4096;

/** Unsigned 16-bit integers that nobody can guess, at a price that every query can pay: bytes are drawn in bulk. */
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
