import { describe, expect, it } from "vitest";
import { keepClean, ownHeap } from "../../../src/workers/garbage.js";
import { ManualTimers } from "../../support/timers.js";

const MB = 1024 * 1024;

/** A heap of which `inUse` is in use, under a keeper's eyes. */
function setUp(inUse: number) {
  const timers = new ManualTimers();
  const state = { used: inUse, inUse, cleaned: 0 };
  const clean = () => {
    state.used = state.inUse;
    state.cleaned++;
  };
  keepClean({ used: () => state.used, clean }, timers);
  return { timers, state };
}

describe("a heap that is kept clean", () => {
  it("is cleaned when it has grown by 32 MB, and not before", async () => {
    const { timers, state } = setUp(0);
    state.used = 31 * MB;
    await timers.advance(10_000);
    expect(state.cleaned).toBe(0);
    state.used = 32 * MB;
    await timers.advance(1_000);
    expect(state).toMatchObject({ cleaned: 1, used: 0 });
  });

  it("is not cleaned again and again where most of it is in use", async () => {
    const { timers, state } = setUp(500 * MB);
    await timers.advance(10_000);
    expect(state.cleaned).toBe(1);
    state.used = 540 * MB;
    await timers.advance(1_000);
    expect(state.cleaned).toBe(2);
  });
});

describe("a thread's own heap", () => {
  it("loses what is not in use when it is cleaned", () => {
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

  it("shows the collector to nobody else", () => {
    ownHeap();
    expect(globalThis).not.toHaveProperty("gc");
  });
});
