import { describe, expect, test } from "vitest";
import { ShardPool } from "../../../src/zone/shard-pool.js";

/** A pool with two readers that hold generation 1. */
function poolOf(): ShardPool {
  const pool = new ShardPool();
  pool.hold("a", [1]);
  pool.hold("b", [1]);
  return pool;
}

describe("memory of a shard", () => {
  test("is large enough, and a little larger than asked", () => {
    for (const words of [0, 1, 63, 64, 1000, 1025, 123_457]) {
      const octets = new ShardPool().take(words, 1).byteLength;
      expect(octets).toBeGreaterThanOrEqual(words * 4);
      expect(octets).toBeLessThanOrEqual(Math.max(64, words) * 4 * 1.13);
    }
  });

  test("is used again when every reader holds a generation without it", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 1);
    pool.retire(memory, 2);
    pool.hold("a", [2]);
    expect(pool.take(1000, 2)).not.toBe(memory);
    pool.hold("b", [2]);
    expect(pool.take(1000, 3)).toBe(memory);
  });

  test("is not used again while a reader holds an old generation, but what came later is", () => {
    const pool = poolOf();
    const first = pool.take(1000, 1);
    pool.retire(first, 2);
    const second = pool.take(1000, 2);
    pool.retire(second, 3);
    pool.hold("a", [3, 1]);
    pool.hold("b", [3]);
    expect(pool.take(1000, 3)).toBe(second);
    expect(pool.take(1000, 3)).not.toBe(first);
    pool.hold("a", [3]);
    expect(pool.take(1000, 3)).toBe(first);
  });

  test("is not used for a shard it does not fit", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 1);
    pool.retire(memory, 2);
    pool.hold("a", [2]);
    pool.hold("b", [2]);
    expect(pool.take(2000, 2)).not.toBe(memory);
  });
});
