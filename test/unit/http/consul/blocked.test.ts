import { expect, test } from "vitest";
import { BlockedRequests } from "../../../../src/http/consul/blocked.js";
import { Turns } from "../../../../src/http/consul/turns.js";

/** Requests that wait for the same thing, each of which takes `ms` to answer. */
function waiting(count: number, ms: number) {
  let now = 0;
  let index = 1;
  const listeners = new Set<() => void>();
  const turns: (() => void)[] = [];
  const answered: number[] = [];
  const blocked = new BlockedRequests({
    timers: { now: () => now, after: () => () => undefined },
    later: (work) => turns.push(work),
  });
  const reading = {
    index: () => index,
    answer: () => ({ status: 200, type: "json" as const, body: [] }),
    watch: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const answer = (number: number) => () => {
    now += ms;
    answered.push(number);
  };
  const leaves = Array.from({ length: count }, (_, number) =>
    blocked.add({ reading, above: 1, waitMs: 1_000, address: "192.0.2.1", answer: answer(number) }),
  );
  const change = () => {
    index++;
    for (const listener of [...listeners]) listener();
  };
  return { answered, turns, change, leaves, blocked };
}

test("a turn in which answers take long ends after some milliseconds", () => {
  const { answered, turns, change, blocked } = waiting(10, 3);
  change();
  expect(answered).toEqual([]);
  turns.shift()?.();
  expect(answered).toEqual([0, 1]);
  while (turns.length > 0) turns.shift()?.();
  expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(blocked.size).toBe(0);
});

test("a request that leaves before its turn is not answered, and none is answered twice", () => {
  const { answered, turns, change, leaves, blocked } = waiting(3, 0);
  change();
  change();
  leaves[1]?.();
  turns.shift()?.();
  expect(turns).toEqual([]);
  blocked.close();
  expect(answered).toEqual([0, 2]);
});

test("however many send piece by piece, a turn ends after some milliseconds, and all go on in order", async () => {
  let now = 0;
  const turns = new Turns(() => now);
  const done: string[] = [];
  const send = async (name: string) => {
    for (let piece = 1; piece <= 2; piece++) {
      await turns.next();
      now += 3;
      done.push(`${name}${piece}`);
    }
  };
  const all = Promise.all(["a", "b", "c"].map(send));
  const seen: number[] = [];
  let isOver = false;
  void all.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(setImmediate);
    seen.push(done.length);
  }
  expect(done).toEqual(["a1", "b1", "c1", "a2", "b2", "c2"]);
  for (const [at, count] of seen.entries()) expect(count - (seen[at - 1] ?? 0)).toBeLessThanOrEqual(2);
});
