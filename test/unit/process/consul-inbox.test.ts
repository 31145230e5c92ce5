import { expect, test } from "vitest";
import type { ConsulPiece } from "../../../src/consul/registry/pieces.js";
import { ConsulInbox } from "../../../src/process/consul-inbox.js";

const piece = (isFirst: boolean): ConsulPiece => ({
  isFirst,
  instances: [],
  gone: [],
  services: [],
  nodes: [],
  goneNodes: [],
  end: undefined,
});

function reader(index = 7) {
  const taken: ConsulPiece[] = [];
  const report = {
    isOpen: true,
    counts: undefined,
    keys: undefined,
    waiting: 0,
    requests: [],
    refusedWrites: 0,
    refusedWaits: 0,
  };
  return { index, report, taken, take: (each: ConsulPiece) => taken.push(each) };
}

test("a piece that comes before its reader waits, and the next one is not asked for", () => {
  let asked = 0;
  const inbox = new ConsulInbox(true, () => asked++);
  const first = piece(true);
  inbox.take(first);
  expect(asked).toBe(0);
  const own = reader();
  inbox.attach(own);
  expect([own.taken, asked]).toEqual([[first], 1]);
  inbox.take(piece(false));
  expect([own.taken.length, asked]).toEqual([2, 2]);
});

test("a piece that nobody wants any more is dropped, and the builder goes on", () => {
  let asked = 0;
  const inbox = new ConsulInbox(true, () => asked++);
  inbox.take(piece(true));
  inbox.configure(false);
  expect(asked).toBe(1);
  inbox.take(piece(false));
  expect(asked).toBe(2);
  const own = reader();
  inbox.configure(true);
  inbox.attach(own);
  expect([own.taken, inbox.report]).toEqual([[], own.report]);
});

test("the last index stays when its reader goes", () => {
  const inbox = new ConsulInbox(true, () => undefined);
  inbox.attach(reader(9));
  inbox.attach(undefined);
  expect([inbox.index, inbox.report]).toEqual([9, undefined]);
  inbox.attach(reader(0));
  expect(inbox.index).toBe(9);
});
