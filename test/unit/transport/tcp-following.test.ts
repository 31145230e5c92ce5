import { describe, expect, test, vi } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import type { FollowingMessages, Request } from "../../../src/answer/request.js";
import { HEADER } from "../../../src/wire/protocol.js";
import { POLICY, snapshotOf } from "../../support/zone.js";
import { query, start, ZONE } from "./tcp-support.js";

const LARGE = 60_000;

/** Answers names that begin with "many" with this many further messages: copies of the first one, padded to `size` octets. */
class ManyMessages extends Answerer {
  readonly cancelled = vi.fn();
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
      write: ({ out }) => {
        if (left-- === 0) return 0;
        if (++this.written === this.#failsAt) throw new Error("the zone is gone");
        out.set(first.subarray(0, HEADER));
        out.fill(0, HEADER, this.#size);
        return this.#size;
      },
      onReady: () => {},
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
    const { client } = await start({ unsentBytes: 100_000 }, answerer);
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
