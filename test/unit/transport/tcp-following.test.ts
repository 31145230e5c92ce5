import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import type { FollowingMessages, Request } from "../../../src/answer/request.js";
import type { FromTransfers, ToTransfers } from "../../../src/transfer/transport.js";
import { HEADER } from "../../../src/wire/protocol.js";
import { encodeQuery } from "../../support/dns.js";
import { POLICY, snapshotOf } from "../../support/zone.js";
import { framed, query, start, ZONE } from "./tcp-support.js";

const LARGE = 60_000;

/** Answers names that begin with "many" with this many further messages: copies of the first one, padded to `size` octets. */
class ManyMessages extends Answerer {
  readonly cancelled = vi.fn();
  readonly sent = vi.fn();
  written = 0;
  readonly #messages: number;
  readonly #size: number;
  readonly #failsAt: number;

  constructor(messages: number, size: number, failsAt = Number.POSITIVE_INFINITY) {
    super({ snapshot: snapshotOf(ZONE), policy: POLICY, random: () => 0, clock: () => 0 });
    this.#messages = messages;
    this.#size = size;
    this.#failsAt = failsAt;
  }

  override answer(request: Request): number {
    const octets = super.answer(request);
    if (this.query.name[1] === "m".charCodeAt(0)) request.following = this.#following(request.out.slice(0, octets));
    return octets;
  }

  #following(first: Uint8Array): FollowingMessages {
    let left = this.#messages;
    return {
      next: () => {
        if (left-- === 0) return "end";
        if (++this.written === this.#failsAt) throw new Error("the zone is gone");
        const message = Buffer.alloc(this.#size);
        message.set(first.subarray(0, HEADER));
        return framed(message);
      },
      taken: () => {},
      onReady: () => {},
      sent: this.sent,
      cancel: this.cancelled,
    };
  }
}

describe("a response of several messages", () => {
  test("arrives completely, in order, and before the answer to the next query", async () => {
    const { client } = await start({}, new ManyMessages(40, LARGE));
    const { socket, messages, whenReceived } = await client();
    socket.write(Buffer.concat([query("many.mesos", 1), query("web.mesos", 2)]));
    await whenReceived(42);
    expect(messages.map((message) => message.readUInt16BE(0))).toEqual([...Array(41).fill(1), 2]);
    expect(messages.slice(1, 41).every(({ length }) => length === LARGE)).toBe(true);
  });

  test("does not block other connections", async () => {
    const { client } = await start({}, new ManyMessages(1000, LARGE));
    const [large, small] = [await client(), await client()];
    large.socket.write(query("many.mesos", 1));
    small.socket.write(query("web.mesos", 2));
    await small.whenReceived(1);
    expect(large.messages.length).toBeLessThan(500);
    await large.whenReceived(1001);
  });

  test("is written no faster than its client reads it, and cancelled when the client leaves", async () => {
    const answerer = new ManyMessages(10_000, LARGE);
    const { client } = await start({ unsentTransferBytes: 100_000 }, answerer);
    const { socket } = await client();
    socket.pause();
    socket.write(query("many.mesos"));
    await vi.waitFor(() => expect(answerer.written).toBeGreaterThan(0));
    const before = answerer.written;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(answerer.written - before).toBeLessThan(100);
    expect(answerer.cancelled).not.toHaveBeenCalled();
    socket.destroy();
    await vi.waitFor(() => expect(answerer.cancelled).toHaveBeenCalledOnce());
  });

  test("goes on as long as its client takes some of it, however slowly, and only then counts as sent", async () => {
    const answerer = new ManyMessages(400, LARGE);
    // A client that reads as slowly as this needs longer for a megabyte than it may be silent.
    const { client } = await start({ stalledMs: 50, transferStalledMs: 700 }, answerer);
    const { socket, messages, whenReceived } = await client();
    const breathe = setInterval(() => (socket.isPaused() ? socket.resume() : socket.pause()), 10);
    onTestFinished(() => clearInterval(breathe));
    socket.on("data", () => socket.pause());
    socket.write(query("many.mesos"));
    await whenReceived(300);
    expect(answerer.sent).not.toHaveBeenCalled();
    await whenReceived(401);
    expect(messages).toHaveLength(401);
    await vi.waitFor(() => expect(answerer.sent).toHaveBeenCalledOnce());
    expect(answerer.cancelled).not.toHaveBeenCalled();
  }, 20_000);

  test("is cancelled if its client takes nothing for some time, also at its end", async () => {
    for (const messages of [10_000, 100]) {
      const answerer = new ManyMessages(messages, LARGE);
      const { client, stats } = await start({ stalledMs: 60_000, transferStalledMs: 200 }, answerer);
      const { socket } = await client();
      socket.pause();
      socket.write(query("many.mesos"));
      await vi.waitFor(() => expect(answerer.cancelled).toHaveBeenCalledOnce(), 5_000);
      await vi.waitFor(() => expect(stats.connections.closed).toBe(1));
      expect(answerer.sent).not.toHaveBeenCalled();
    }
  }, 20_000);

  test("that cannot be completed ends the connection, so that it is not taken for complete", async () => {
    const answerer = new ManyMessages(10, 100, 4);
    const { client, stats } = await start({}, answerer);
    const { socket, messages, closed } = await client();
    socket.write(query("many.mesos"));
    await closed();
    expect(messages).toHaveLength(4);
    expect(answerer.cancelled).toHaveBeenCalledOnce();
    expect(stats.failures).toBe(1);
  });

  test("is completed even if the client closes its side meanwhile", async () => {
    const { client } = await start({}, new ManyMessages(100, LARGE));
    const { socket, messages, closed } = await client();
    socket.end(query("many.mesos"));
    await closed();
    expect(messages).toHaveLength(101);
  });
});

describe("a query for a transfer", () => {
  /** A transport whose queries for transfers are passed on to nobody. */
  async function waiting() {
    const answerer = new ManyMessages(0, LARGE);
    answerer.transfers = true;
    const started = await start({}, answerer);
    const told: ToTransfers[] = [];
    let receive: (message: FromTransfers) => void = () => {};
    started.transfers.connect({
      postMessage: (message) => told.push(message),
      on: (event: string, listener: (message: FromTransfers) => void) => {
        if (event === "message") receive = listener;
      },
      close: () => {},
    });
    const { socket } = await started.client();
    socket.write(framed(encodeQuery("mesos", { type: "AXFR" })));
    await vi.waitFor(() => expect(told.map(({ kind }) => kind)).toEqual(["open"]));
    return { socket, told, answer: (message: FromTransfers) => receive(message) };
  }

  test("is given up when its client leaves before the answer, which does not count as sent", async () => {
    const { socket, told, answer } = await waiting();
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(told.map(({ kind }) => kind)).toEqual(["open", "cancel"]));
    answer({ kind: "messages", id: 1, octets: Buffer.concat([Buffer.of(0, 12), Buffer.alloc(12)]), isLast: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told).toHaveLength(2);
  });

  test("that waits for its turn when its client closes its side ends the connection", async () => {
    const { socket, told, answer } = await waiting();
    socket.end();
    await vi.waitFor(() => expect(told.map(({ kind }) => kind)).toEqual(["open", "ended"]));
    const closed = new Promise((resolve) => socket.once("end", resolve));
    answer({ kind: "broken", id: 1 });
    await closed;
  });

  test("counts as answered when its answer of one message has left", async () => {
    const { told, answer } = await waiting();
    answer({ kind: "messages", id: 1, octets: Buffer.concat([Buffer.of(0, 12), Buffer.alloc(12)]), isLast: true });
    expect(told.map(({ kind }) => kind)).toEqual(["open"]);
    await vi.waitFor(() => expect(told.map(({ kind }) => kind)).toEqual(["open", "done"]));
  });
});
