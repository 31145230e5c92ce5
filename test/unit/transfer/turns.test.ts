import { expect, test, vi } from "vitest";
import { TransferTurns } from "../../../src/transfer/turns.js";
import { ManualTimers } from "../../support/timers.js";

function turnsOf(maxTransfers: number, maxTransfersPerClient: number) {
  const timers = new ManualTimers();
  const turns = new TransferTurns(timers, { maxTransfers, maxTransfersPerClient });
  const ask = (client: string) => {
    const [begin, refuse] = [vi.fn(), vi.fn()];
    const leave = turns.ask(client, begin, refuse);
    return { begin, refuse, leave };
  };
  return { timers, turns, ask };
}

test("as many transfers as allowed begin at once, and the next when one of them ends", () => {
  const { turns, ask } = turnsOf(2, 2);
  const [first, second, third] = [ask("a"), ask("b"), ask("c")];
  expect([first, second, third].map(({ begin }) => begin.mock.calls.length)).toEqual([1, 1, 0]);
  turns.end("a");
  expect(third.begin).toHaveBeenCalledOnce();
  expect(turns.running).toBe(2);
});

test("one client's transfers do not take the turns of others", () => {
  const { turns, ask } = turnsOf(8, 1);
  const [first, second, other] = [ask("a"), ask("a"), ask("b")];
  expect([first, second, other].map(({ begin }) => begin.mock.calls.length)).toEqual([1, 0, 1]);
  turns.end("a");
  expect(second.begin).toHaveBeenCalledOnce();
});

test("a transfer that waits for ten seconds is refused, and does not begin later", () => {
  const { timers, turns, ask } = turnsOf(1, 1);
  ask("a");
  const second = ask("b");
  timers.pass(9_999);
  expect(second.refuse).not.toHaveBeenCalled();
  timers.pass(1);
  expect(second.refuse).toHaveBeenCalledOnce();
  turns.end("a");
  expect(second.begin).not.toHaveBeenCalled();
  expect(timers.pending).toBe(0);
});

test("a client that has left does not take a turn", () => {
  const { timers, turns, ask } = turnsOf(1, 1);
  ask("a");
  const second = ask("b");
  second.leave();
  turns.end("a");
  expect([second.begin.mock.calls.length, turns.running, timers.pending]).toEqual([0, 0, 0]);
});

test("no more than a thousand wait: further ones are refused at once", () => {
  const { ask } = turnsOf(1, 1);
  ask("a");
  const waiting = Array.from({ length: 1_000 }, (_, i) => ask(`client ${i}`));
  expect(ask("late").refuse).toHaveBeenCalledOnce();
  expect(waiting.some(({ refuse }) => refuse.mock.calls.length > 0)).toBe(false);
});

test("no more than a hundred of one client wait, so that there is room for others", () => {
  const { ask } = turnsOf(1, 1);
  ask("a");
  const waiting = Array.from({ length: 101 }, () => ask("b"));
  expect(waiting.map(({ refuse }) => refuse.mock.calls.length)).toEqual([...new Array(100).fill(0), 1]);
  expect(ask("c").refuse).not.toHaveBeenCalled();
  waiting[0].leave();
  expect(ask("b").refuse).not.toHaveBeenCalled();
});

test("more transfers begin as soon as more are allowed", () => {
  const { turns, ask } = turnsOf(1, 1);
  ask("a");
  const second = ask("b");
  turns.configure({ maxTransfers: 2, maxTransfersPerClient: 1 });
  expect(second.begin).toHaveBeenCalledOnce();
});

test("each of those that end as soon as they begin, as when they are not allowed any more, begins once", () => {
  const { turns, ask, timers } = turnsOf(1, 1);
  ask("a");
  const begun: number[] = [];
  for (let i = 0; i < 20; i++) {
    const begin = () => {
      begun.push(i);
      turns.end(`client ${i}`);
    };
    turns.ask(`client ${i}`, begin, () => {});
  }
  turns.end("a");
  expect(begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect([turns.running, timers.pending]).toEqual([0, 0]);
});
