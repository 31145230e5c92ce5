import { MessageChannel } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { streamChannel, UDP } from "../../../src/serving/channels.js";
import { QueryStats } from "../../../src/serving/query-stats.js";
import { createBuckets, RateLimiter } from "../../../src/serving/rate-limiter.js";
import { DnsService, PENDING } from "../../../src/serving/service.js";
import { TransferClient } from "../../../src/serving/transfer-client.js";
import { encodeQuery } from "../../support/dns.js";
import { NO_LIMIT, ScriptedForwarder, silentLog } from "../../support/service.js";
import { answererOf, requestOf } from "../../support/zone.js";

const QUERY = encodeQuery("mesos", { type: "IXFR" });

function setUp() {
  const answerer = answererOf([]);
  answerer.transfers = true;
  const transfers = new TransferClient();
  const stats = new QueryStats();
  const limiter = new RateLimiter(NO_LIMIT, createBuckets(1));
  const forwarder = new ScriptedForwarder();
  const service = new DnsService({ answerer, forwarder, transfers, limiter, stats, log: silentLog, clock: () => {} });
  const send = vi.fn();
  const ask = (channel = UDP) => service.handle(requestOf(QUERY, { out: new Uint8Array(65_535), channel }), () => send);
  return { transfers, service, send, ask };
}

test("when the thread that transfers ends, connections that wait are closed, and datagrams are not answered", async () => {
  const { transfers, service, send, ask } = setUp();
  const { port1, port2 } = new MessageChannel();
  const lost = vi.fn(() => transfers.connect(undefined));
  transfers.connect(port2, lost);
  expect([ask(), ask(streamChannel(false, 30))]).toEqual([PENDING, PENDING]);
  port1.close();
  await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce());
  expect(send.mock.calls).toEqual([[new Uint8Array(0), undefined]]);
  expect([transfers.isConnected, service.pending]).toEqual([false, 0]);
});

test("another port in place of the one before is not a loss", async () => {
  const { transfers } = setUp();
  const lost = vi.fn();
  const first = new MessageChannel();
  const second = new MessageChannel();
  transfers.connect(first.port2, lost);
  transfers.connect(second.port2, lost);
  await new Promise((resolve) => first.port1.once("close", resolve));
  expect([lost.mock.calls.length, transfers.isConnected]).toEqual([0, true]);
  transfers.connect(undefined);
});

test("while ten thousand responses are awaited, queries in datagrams are dropped, and those of connections are not", () => {
  const { transfers, ask } = setUp();
  transfers.connect({ postMessage: () => {}, on: () => {}, close: () => {} });
  for (let i = 0; i < 10_000; i++) expect(ask()).toBe(PENDING);
  expect([ask(), ask(streamChannel(false, 30))]).toEqual([0, PENDING]);
});
