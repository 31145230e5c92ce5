import { expect, test } from "vitest";
import { Datagrams } from "../../../../src/transport/batch/datagrams.js";
import { Outbox } from "../../../../src/transport/batch/outbox.js";
import { real, systemWith } from "./support.js";

const COUNT = 8;
const SIZE = 64;
const HEADER = 64;
const FD = 99;
const ORIGIN = new Uint32Array(32);

/** An outbox whose system call follows a script: the number of datagrams sent, or the error. */
function scripted(...script: (number | string)[]) {
  const calls: { first: number; count: number }[] = [];
  const polls: number[] = [];
  let error = "";
  const system = systemWith({
    sendmmsg: (_fd, messages, count) => {
      calls.push({ first: Number(messages - datagrams.headers) / HEADER, count });
      const step = script.shift() ?? count;
      error = typeof step === "string" ? step : "";
      return typeof step === "string" ? -1 : step;
    },
    errno: () => error,
    poll: (_fds, _count, milliseconds) => polls.push(milliseconds),
  });
  const datagrams = new Datagrams(COUNT, SIZE, false, (memory) => real.addressOf(memory));
  const outbox = new Outbox(system, FD, datagrams);
  const add = (count: number) => {
    for (let i = 0; i < count; i++) outbox.answerTo(1, ORIGIN);
  };
  return { outbox, add, calls, polls };
}

test("all datagrams are sent with one call", () => {
  const { outbox, add, calls } = scripted();
  add(5);
  outbox.flush();
  outbox.flush();
  expect(calls).toEqual([{ first: 0, count: 5 }]);
});

test("an outbox is sent when it is full", () => {
  const { add, calls } = scripted();
  add(COUNT);
  expect(calls).toEqual([{ first: 0, count: COUNT }]);
});

test("datagrams that the kernel did not accept are offered again", () => {
  const { outbox, add, calls } = scripted(2, 1);
  add(5);
  outbox.flush();
  expect(calls).toEqual([
    { first: 0, count: 5 },
    { first: 2, count: 3 },
    { first: 3, count: 2 },
  ]);
});

test("a datagram that cannot be sent is dropped, and the others are sent", () => {
  const { outbox, add, calls } = scripted(1, "ENETUNREACH");
  add(4);
  outbox.flush();
  expect(calls).toEqual([
    { first: 0, count: 4 },
    { first: 1, count: 3 },
    { first: 2, count: 2 },
  ]);
});

test("a full send buffer is waited for once, for a few milliseconds", () => {
  const { outbox, add, calls, polls } = scripted("EAGAIN");
  add(3);
  outbox.flush();
  expect(polls).toHaveLength(1);
  expect(calls).toHaveLength(2);
});

test("if the send buffer stays full, the datagrams are dropped without further waiting, and later ones are sent", () => {
  const { outbox, add, calls, polls } = scripted("EAGAIN", "ENOBUFS");
  add(3);
  outbox.flush();
  expect(polls).toHaveLength(1);
  add(1);
  outbox.flush();
  expect(calls.at(-1)).toEqual({ first: 0, count: 1 });
});
