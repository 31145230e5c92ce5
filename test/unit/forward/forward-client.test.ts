import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Client } from "../../../src/answer/request.js";
import type { Forwarded } from "../../../src/forward/contract.js";
import { ForwardClient } from "../../../src/forward/forward-client.js";
import { ForwardServer } from "../../../src/forward/forward-server.js";
import { Query } from "../../../src/wire/query.js";
import { encodeQuery } from "../../support/dns.js";
import { ScriptedForwarder, upstreamReply } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { until } from "../../support/wait.js";
import { configOf } from "../config/support.js";

const CLIENT: Client = { octets: Uint8Array.of(192, 0, 2, 7), mayQuery: true, mayRecurse: true };
const MINUTE = 60_000;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A forward client and a forward server, connected by real ports. */
function start(settings: Partial<ReturnType<typeof configOf>["cache"]> = {}) {
  const timers = new ManualTimers();
  const forwarder = new ScriptedForwarder();
  const clients: Uint8Array[] = [];
  const errors: unknown[] = [];
  const forwardServer = new ForwardServer({
    forwarder,
    clientOf: (octets) => {
      clients.push(octets);
      return { ...CLIENT, octets };
    },
    onError: (error) => errors.push(error),
  });
  const cache = { ...configOf({}).cache, ...settings };
  const forwardClient = new ForwardClient(timers, cache);
  const { port1, port2 } = new MessageChannel();
  forwardClient.connect(port1);
  forwardServer.connect(port2);
  cleanups.push(() => port1.close());
  const answers: Forwarded[] = [];
  const ask = (name: string, options: { rd?: boolean } = {}) => {
    const octets = encodeQuery(name, { type: "A", ...options });
    const query = new Query();
    // As in the batch engine, the memory is larger than the message.
    const memory = new Uint8Array(4096);
    memory.set(octets);
    query.read(memory, octets.length, 0);
    return forwardClient.ask(query, memory, CLIENT, (forwarded) => answers.push(forwarded));
  };
  const carried = (count: number) => until("the requests", async () => forwarder.requests.length === count);
  const settle = async (index: number, forwarded: Forwarded) => {
    const before = answers.length;
    forwarder.requests[index].settle(forwarded);
    await until("the answer", async () => answers.length === before + 1);
  };
  const replyTo = (index: number, ttl = 60): Forwarded =>
    upstreamReply(forwarder.requests[index].query, [{ type: "A", name: "www.example", ttl, data: "192.0.2.1" }]);
  return {
    forwardClient,
    forwardServer,
    timers,
    forwarder,
    clients,
    cache,
    errors,
    answers,
    ask,
    carried,
    settle,
    replyTo,
    port1,
    port2,
  };
}

describe("a forward client", () => {
  test("sends queries with their client's address to the other thread, and returns its answers", async () => {
    const { ask, carried, settle, replyTo, answers, clients, forwarder } = start();
    expect(ask("www.example")).toBeUndefined();
    expect(ask("ftp.example")).toBeUndefined();
    await carried(2);
    expect(forwarder.requests[0].query).toEqual(new Uint8Array(encodeQuery("www.example", { type: "A" })));
    expect(clients).toEqual([CLIENT.octets, CLIENT.octets]);
    await settle(1, { kind: "failed", ede: 22 });
    await settle(0, replyTo(0));
    expect(answers).toEqual([{ kind: "failed", ede: 22 }, replyTo(0)]);
  });

  test("caches an answer for most of its lifetime, reduces its TTLs, and then asks the other thread again", async () => {
    const { ask, carried, settle, replyTo, timers, forwardClient } = start();
    ask("www.example");
    await carried(1);
    await settle(0, replyTo(0, 100));
    await timers.advance(89_000);
    expect(ask("www.example")).toMatchObject({ kind: "reply", age: 89 });
    await timers.advance(2_000);
    expect(ask("www.example")).toBeUndefined();
    await carried(2);
    expect(forwardClient.report().cache.hits).toBe(1);
  });

  test("takes into account how old an answer was when it arrived", async () => {
    const { ask, carried, settle, replyTo, timers } = start();
    ask("www.example");
    await carried(1);
    await settle(0, { ...replyTo(0, 100), age: 50 } as Forwarded);
    await timers.advance(40_000);
    expect(ask("www.example")).toMatchObject({ age: 90 });
    await timers.advance(6_000);
    expect(ask("www.example")).toBeUndefined();
  });

  test("does not cache failures, stale answers or answers with a lifetime of 0", async () => {
    const { ask, carried, settle, replyTo } = start();
    const never: ((index: number) => Forwarded)[] = [
      () => ({ kind: "failed", ede: 22 }),
      (index) => ({ ...replyTo(index), age: -1 }) as Forwarded,
      (index) => replyTo(index, 0),
    ];
    for (const [index, outcome] of never.entries()) {
      expect(ask("www.example")).toBeUndefined();
      await carried(index + 1);
      await settle(index, outcome(index));
    }
    expect(ask("www.example")).toBeUndefined();
  });

  test("caches nothing with the cache off or without RD, and is empty after a flush or a new configuration", async () => {
    const without = start({ enabled: false });
    without.ask("www.example");
    await without.carried(1);
    await without.settle(0, without.replyTo(0));
    expect(without.ask("www.example")).toBeUndefined();

    const { ask, carried, settle, replyTo, forwardClient, cache, forwardServer } = start();
    ask("www.example", { rd: false });
    await carried(1);
    await settle(0, replyTo(0));
    const forgetting = [
      () => {},
      () => forwardClient.flush(undefined, ++forwardServer.revision),
      () => forwardClient.configure(cache, ++forwardServer.revision),
    ];
    for (const [index, forget] of forgetting.entries()) {
      forget();
      expect(ask("www.example")).toBeUndefined();
      await carried(index + 2);
      await settle(index + 1, replyTo(index + 1));
      expect(ask("www.example")).toBeDefined();
    }
  });

  test("does not cache an answer that was asked for before upstreams were replaced or answers were flushed", async () => {
    const { ask, carried, settle, replyTo, forwardClient, cache, forwardServer, answers } = start();
    const replacing = [
      () => forwardClient.configure(cache, ++forwardServer.revision),
      () => forwardClient.flush(undefined, ++forwardServer.revision),
      // The forwarding thread does not have the new configuration yet, and asks the previous upstreams.
      () => forwardClient.configure(cache, forwardServer.revision + 1),
    ];
    for (const [index, replace] of replacing.entries()) {
      expect(ask("www.example")).toBeUndefined();
      await carried(index + 1);
      replace();
      await settle(index, replyTo(index));
      expect(answers).toHaveLength(index + 1);
    }
    expect(ask("www.example")).toBeUndefined();
  });

  test("fails queries at once after it was closed", async () => {
    const { ask, carried, forwardClient, forwarder, replyTo, answers, timers } = start();
    ask("www.example");
    await carried(1);
    forwardClient.close();
    forwarder.requests[0].settle(replyTo(0));
    await timers.advance(MINUTE);
    expect(answers).toEqual([]);
  });
});

describe("a forward server", () => {
  test("counts a query as pending until its answer has been sent to the other thread", async () => {
    const { forwardServer, ask, carried, settle, replyTo } = start();
    ask("www.example");
    ask("ftp.example");
    await carried(2);
    expect(forwardServer.pending).toBe(2);
    await settle(0, replyTo(0));
    await settle(1, { kind: "failed", ede: 22 });
    expect(forwardServer.pending).toBe(0);
  });

  test("reports an exception while forwarding, and answers the query with a failure", async () => {
    const { forwardServer, forwarder, ask, answers, errors } = start();
    const fault = new Error("cannot be forwarded");
    vi.spyOn(forwarder, "ask").mockImplementationOnce(() => {
      throw fault;
    });
    ask("www.example");
    await until("the answer", async () => answers.length === 1);
    expect([answers, errors, forwardServer.pending]).toEqual([[{ kind: "failed", ede: -1 }], [fault], 0]);
  });

  test.each(["forwardClient", "forwardServer"] as const)(
    "closes the ports of both threads when the %s is closed",
    async (end) => {
      const parts = start();
      const closed = Promise.all([once(parts.port1, "close"), once(parts.port2, "close")]);
      parts[end].close();
      await closed;
    },
  );
});

test("a forward client that is not connected fails queries with EDE not ready", () => {
  const forwardClient = new ForwardClient(new ManualTimers(), configOf({}).cache);
  const octets = encodeQuery("www.example", { type: "A" });
  const query = new Query();
  query.read(octets, octets.length, 0);
  expect(forwardClient.ask(query, octets, CLIENT, () => {})).toEqual({ kind: "failed", ede: 14 });
});
