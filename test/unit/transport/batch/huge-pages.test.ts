import { describe, expect, test } from "vitest";
import { adviseHugePages, HUGE_PAGE } from "../../../../src/transport/batch/huge-pages.js";
import { loadSystem } from "../../../../src/transport/batch/system.js";

/** What is asked for memory at this address: the first page and the number of pages, counted from address 0. */
function advised(address: number, size: number): unknown[] {
  const calls: unknown[] = [];
  const madvise = (start: bigint, length: number, advice: number) =>
    calls.push([Number(start) / HUGE_PAGE, length / HUGE_PAGE, advice]);
  adviseHugePages({ addressOf: () => BigInt(address), madvise }, { length: size } as Uint8Array);
  return calls;
}

describe("huge pages", () => {
  test("are asked for as much of the memory as is aligned, and not for what is outside", () => {
    expect(advised(5 * HUGE_PAGE, 3 * HUGE_PAGE)).toEqual([[5, 3, 14]]);
    expect(advised(5 * HUGE_PAGE + 16, 3 * HUGE_PAGE)).toEqual([[6, 2, 14]]);
    expect(advised(5 * HUGE_PAGE - 16, 3 * HUGE_PAGE)).toEqual([[5, 2, 14]]);
    expect(advised(5 * HUGE_PAGE + 16, HUGE_PAGE)).toEqual([]);
  });

  test.runIf(process.platform === "linux")("change nothing in memory that is in use", () => {
    const memory = new Uint8Array(new SharedArrayBuffer(3 * HUGE_PAGE)).fill(7);
    adviseHugePages(loadSystem(), memory);
    expect(memory.every((octet) => octet === 7)).toBe(true);
  });
});
