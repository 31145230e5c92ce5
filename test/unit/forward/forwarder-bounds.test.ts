import { expect, test } from "vitest";
import { streamChannel } from "../../../src/serving/channels.js";
import { readReply } from "../../../src/wire/reply.js";
import { ANY_TTL } from "../../support/service.js";
import { CLIENT } from "../../support/zone.js";
import { message, record } from "../wire/raw-message.js";
import { answering, rigOf, withOptions } from "./support.js";

test("an answer that was asked for before a flush is not cached after it", () => {
  const { rig, server } = rigOf();
  server.delay = 50;
  rig.ask("www.example");
  rig.timers.pass(20);
  rig.forwarder.flush(undefined);
  rig.timers.pass(30);
  expect(rig.forwarder.report().cache.entries).toBe(0);
});

test("a client's options that are too long for a datagram are not forwarded", () => {
  const { rig, server } = rigOf(answering);
  rig.put(withOptions("www.example", [{ code: 65_001, data: Buffer.alloc(65_480) }]), CLIENT, streamChannel(false, 30));
  rig.timers.pass(0);
  expect(Math.max(...server.queries.map(({ octets }) => octets.length))).toBeLessThan(2_000);
});

test.each([
  [128, true],
  [129, false],
  [8000, false],
])("a name behind %i compression pointers is read: %s", (pointers, isRead) => {
  const questionEnd = 29;
  const rdata = questionEnd + 12;
  const to = (at: number) => Buffer.from([0xc0 | (at >>> 8), at & 0xff]);
  const chain = Buffer.concat(Array.from({ length: pointers - 1 }, (_, i) => to(i === 0 ? 12 : rdata + 2 * (i - 1))));
  const last = record(to(rdata + 2 * (pointers - 2)), 1, 60, Buffer.alloc(4));
  const octets = message("www.example", [record(to(12), 65_280, 60, chain), last]);
  expect(readReply(octets, questionEnd, 1, ANY_TTL) !== undefined).toBe(isRead);
});
