import { describe, expect, it } from "vitest";
import { HeapKeeper, ownHeap } from "../../../src/threads/garbage.js";
import { ManualTimers } from "../../support/timers.js";

const MB = 1024 * 1024;

/** A heap with `inUse` bytes in use, and its keeper. */
function setUp(inUse: number) {
  const timers = new ManualTimers();
  const state = { used: inUse, inUse, cleaned: 0 };
  const clean = () => {
    state.used = state.inUse;
    state.cleaned++;
  };
  const keeper = new HeapKeeper({ used: () => state.used, clean }, timers);
  return { keeper, timers, state };
}

describe("a large heap", () => {
  it("is cleaned when it has grown by 16 MB, and not before", async () => {
    const { timers, state } = setUp(100 * MB);
    await timers.advance(1_000);
    state.used = 115 * MB;
    await timers.advance(10_000);
    expect(state.cleaned).toBe(1);
    state.used = 116 * MB;
    await timers.advance(1_000);
    expect(state).toMatchObject({ cleaned: 2, used: 100 * MB });
  });

  it("is cleaned before work that takes much memory when it has grown by 8 MB", async () => {
    const { keeper, timers, state } = setUp(100 * MB);
    await timers.advance(1_000);
    state.used = 107 * MB;
    keeper.prepare();
    expect(state.cleaned).toBe(1);
    state.used = 108 * MB;
    keeper.prepare();
    expect(state.cleaned).toBe(2);
  });
});

describe("a heap below 64 MB", () => {
  it("is never cleaned", async () => {
    const { timers, state } = setUp(10 * MB);
    state.used = 63 * MB;
    await timers.advance(10_000);
    expect(state.cleaned).toBe(0);
  });
});

describe("a heap that cannot be cleaned", () => {
  it("is ignored", () => {
    const timers = new ManualTimers();
    new HeapKeeper(undefined, timers).prepare();
    expect(timers.pending).toBe(0);
  });
});

describe("a thread's own heap", () => {
  it("gets rid of garbage when it is cleaned", () => {
    const heap = ownHeap();
    if (!heap) throw new Error("this engine does not let its heap be cleaned");
    heap.clean();
    const before = heap.used();
    let held: object[] | undefined = Array.from({ length: 500_000 }, (_, i) => ({ i }));
    expect(held).toHaveLength(500_000);
    expect(heap.used() - before).toBeGreaterThan(10 * MB);
    held = undefined;
    heap.clean();
    expect(heap.used() - before).toBeLessThan(5 * MB);
  });

  it("does not expose the collector to other code", () => {
    ownHeap();
    expect(globalThis).not.toHaveProperty("gc");
  });
});
