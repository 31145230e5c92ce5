import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SHARDS } from "../../../src/zone/layout.js";
import { ShardPool } from "../../../src/zone/shard-pool.js";

/** A pool with two readers at generation 1. */
function poolOf(): ShardPool {
  const pool = new ShardPool();
  pool.acknowledge("a", 1);
  pool.acknowledge("b", 1);
  return pool;
}

describe("memory of a shard", () => {
  test("is large enough, and a little larger than requested", () => {
    for (const words of [0, 1, 63, 64, 1000, 1025, 123_457]) {
      const octets = new ShardPool().take(words, 1).byteLength;
      expect(octets).toBeGreaterThanOrEqual(words * 4);
      expect(octets).toBeLessThanOrEqual(Math.max(64, words) * 4 * 1.13);
    }
  });

  test("is reused when every reader has acknowledged a generation without it", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 1);
    pool.retire(memory, 2);
    pool.acknowledge("a", 2);
    expect(pool.take(1000, 2)).not.toBe(memory);
    pool.acknowledge("b", 2);
    expect(pool.take(1000, 3)).toBe(memory);
  });

  test("is not reused while a slow reader still has to read it", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 2);
    pool.retire(memory, 3);
    pool.acknowledge("a", 3);
    expect(pool.take(1000, 3)).not.toBe(memory);
    pool.acknowledge("b", 2);
    expect(pool.take(1000, 3)).not.toBe(memory);
    pool.acknowledge("b", 3);
    expect(pool.take(1000, 3)).toBe(memory);
  });

  test("is not reused because of an outdated acknowledgement of a reader", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 2);
    pool.retire(memory, 4);
    pool.acknowledge("a", 4);
    pool.acknowledge("b", 4);
    pool.acknowledge("b", 3);
    expect(pool.take(1000, 4)).toBe(memory);
  });

  test("is not reused while a generation with it is pinned, but later memory is", () => {
    const pool = poolOf();
    const first = pool.take(1000, 1);
    pool.retire(first, 2);
    const second = pool.take(1000, 2);
    pool.retire(second, 3);
    pool.pin("a", [1]);
    pool.acknowledge("a", 3);
    pool.acknowledge("b", 3);
    expect(pool.take(1000, 3)).toBe(second);
    expect(pool.take(1000, 3)).not.toBe(first);
    pool.pin("a", []);
    expect(pool.take(1000, 3)).toBe(first);
  });

  test("is not used for a shard that it does not fit", () => {
    const pool = poolOf();
    const memory = pool.take(1000, 1);
    pool.retire(memory, 2);
    pool.acknowledge("a", 2);
    pool.acknowledge("b", 2);
    expect(pool.take(2000, 2)).not.toBe(memory);
  });

  test("is kept for as many shards as a zone has, and the rest is dropped", () => {
    const pool = poolOf();
    const all = new Set(Array.from({ length: 3 * SHARDS }, () => pool.take(100, 1)));
    for (const memory of all) pool.retire(memory, 2);
    pool.acknowledge("a", 2);
    pool.acknowledge("b", 2);
    const again = Array.from({ length: 3 * SHARDS }, () => pool.take(100, 2)).filter((memory) => all.has(memory));
    expect(again).toHaveLength(SHARDS);
  });

  test("is never taken while a reader reads it or will read it, in whatever order readers advance, pin and are heard", () => {
    fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 300 }), play), { numRuns: RUNS });
  });
});

const RUNS = Number(process.env.SHARD_POOL_RUNS ?? 300);
const READERS = 3;
const ZONE = 4;

/** The next step: its kind, the reader concerned if there is one, and a number that decides the rest. */
const step = fc.record({
  event: fc.constantFrom("build", "build", "advance", "advance", "hear", "hear", "pin", "release"),
  reader: fc.nat(READERS - 1),
  choice: fc.nat(1000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A generation of a zone of few shards. */
interface Generation {
  readonly number: number;
  readonly shards: readonly SharedArrayBuffer[];
}

/** A thread with snapshots in its queue, and with messages of its own on their way to the pool. */
class Reader {
  current: Generation;
  readonly queue: Generation[] = [];
  readonly pinned: Generation[] = [];
  readonly said: (() => void)[] = [];
  readonly #name: string;
  readonly #pool: ShardPool;

  constructor(name: string, pool: ShardPool, current: Generation) {
    this.#name = name;
    this.#pool = pool;
    this.current = current;
    pool.acknowledge(name, current.number);
  }

  advance(): void {
    const next = this.queue.shift();
    if (!next) return;
    this.current = next;
    this.say();
  }

  say(): void {
    const { number } = this.current;
    const pinned = this.pinned.map((generation) => generation.number);
    this.said.push(() => {
      this.#pool.pin(this.#name, pinned);
      this.#pool.acknowledge(this.#name, number);
    });
  }

  /** The memory that it reads or is going to read. */
  get memory(): SharedArrayBuffer[] {
    return [this.current, ...this.queue, ...this.pinned].flatMap(({ shards }) => shards);
  }
}

function play(steps: readonly Step[]): void {
  const pool = new ShardPool();
  let newest: Generation = { number: 1, shards: Array.from({ length: ZONE }, () => pool.take(64, 1)) };
  const readers = Array.from({ length: READERS }, (_, i) => new Reader(`reader ${i}`, pool, newest));
  for (const { event, reader: index, choice } of steps) {
    const reader = readers[index];
    switch (event) {
      case "build": {
        const number = newest.number + 1;
        const inUse = new Set(readers.flatMap(({ memory }) => memory));
        const changed = choice % ZONE;
        const memory = pool.take(64, number);
        expect(inUse.has(memory)).toBe(false);
        expect(newest.shards).not.toContain(memory);
        pool.retire(newest.shards[changed], number);
        newest = { number, shards: newest.shards.with(changed, memory) };
        for (const other of readers) other.queue.push(newest);
        break;
      }
      case "advance":
        reader.advance();
        break;
      case "hear":
        reader.said.shift()?.();
        break;
      case "pin":
        reader.pinned.push(reader.current);
        break;
      case "release":
        if (reader.pinned.length === 0) break;
        reader.pinned.splice(choice % reader.pinned.length, 1);
        reader.say();
        break;
    }
  }
}
