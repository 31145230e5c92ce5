import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemTimers } from "../../../../src/base/timers.js";
import { startHttp } from "../../../../src/http/server.js";
import { VipBoard } from "../../../../src/http/vips/board.js";
import { VipStreams } from "../../../../src/http/vips/streams.js";
import { ManualTimers } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { apiOf } from "../support.js";
import { COUNTS } from "./support.js";

type Services = readonly (readonly [string, string])[];

async function setUp(isKept = true) {
  const timers = new ManualTimers();
  const board = new VipBoard(isKept, systemTimers, () => 5);
  const take = (services: Services, gone: readonly string[] = [], isFirst = false) =>
    board.take({ isFirst, services, gone, counts: COUNTS });
  const streams = new VipStreams({ board, timers, later: setImmediate });
  const server = await startHttp({ api: apiOf({ vips: board }).api, waits: streams, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${server.port}/v1/vips/events`;
  return { timers, board, take, streams, url, port: server.port };
}

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** A reader of the stream, by the standard: fields a line, events by empty lines. */
async function read(url: string, headers: Record<string, string> = {}) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const response = await fetch(url, { headers, signal: end.signal });
  const heard: Heard[] = [];
  let text = "";
  let hasEnded = false;
  const follow = async () => {
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece).toString();
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const fields = new Map(
          event.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]),
        );
        if (!fields.has("data")) continue;
        heard.push({
          event: fields.get("event") ?? "",
          id: fields.get("id") ?? "",
          data: JSON.parse(fields.get("data") ?? "null"),
        });
      }
    }
    hasEnded = true;
  };
  follow().catch(() => undefined);
  const next = async (count: number) => {
    await until(`${count} events`, () => heard.length >= count);
    return heard[count - 1];
  };
  return { response, heard, next, ended: () => until("the end", () => hasEnded), leave: () => end.abort() };
}

describe("a stream of virtual addresses", () => {
  it("begins with all of them, and goes on with what has changed", async () => {
    const { take, url, board } = await setUp();
    take(
      [
        ["a", "1"],
        ["b", "2"],
      ],
      [],
      true,
    );
    const reader = await read(url);
    expect(reader.response.headers.get("content-type")).toBe("text/event-stream");
    expect(await reader.next(1)).toEqual({
      event: "all",
      id: board.list.etag,
      data: { services: { a: 1, b: 2 }, gone: [], at: 5 },
    });
    take(
      [
        ["b", "3"],
        ["c", "4"],
      ],
      ["a"],
    );
    const second = await reader.next(2);
    expect(second).toEqual({
      event: "changes",
      id: board.list.etag,
      data: { services: { b: 3, c: 4 }, gone: ["a"], at: 5 },
    });
    take([["a", "5"]]);
    expect((await reader.next(3)).data).toEqual({ services: { a: 5 }, gone: [], at: 5 });
  });

  it("begins with nothing for who knows them all already", async () => {
    const { take, url, board } = await setUp();
    take([["a", "1"]], [], true);
    const reader = await read(url, { "last-event-id": board.list.etag });
    expect(await reader.next(1)).toMatchObject({ event: "changes", data: { services: {}, gone: [], at: 5 } });
    const stranger = await read(url, { "last-event-id": '"of another server"' });
    expect((await stranger.next(1)).event).toBe("all");
  });

  it("tells all of them again when the table is a new one", async () => {
    const { take, url } = await setUp();
    take([["a", "1"]], [], true);
    const reader = await read(url);
    await reader.next(1);
    take([["b", "2"]], [], true);
    expect(await reader.next(2)).toMatchObject({ event: "all", data: { services: { b: 2 } } });
  });

  it("says why there is none", async () => {
    const { take, url, board } = await setUp(false);
    expect((await fetch(url)).status).toBe(404);
    board.configure(true);
    expect((await fetch(url)).status).toBe(503);
    take([["a", "1"]], [], true);
    expect((await read(url)).response.status).toBe(200);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  });

  it("ends when virtual addresses are turned off, and when the server stops", async () => {
    const { take, url, board, streams } = await setUp();
    take([["a", "1"]], [], true);
    const first = await read(url);
    await first.next(1);
    board.configure(false);
    await first.ended();
    board.configure(true);
    take([["a", "1"]], [], true);
    const second = await read(url);
    await second.next(1);
    streams.close();
    await second.ended();
    expect(streams.size).toBe(0);
  });

  it("shows that it is alive, and is forgotten with its reader", async () => {
    const { take, port, timers, streams } = await setUp();
    take([["a", "1"]], [], true);
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    socket.write("GET /v1/vips/events HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the first event", () => text.includes("data:"));
    for (let i = 0; i < 2; i++) timers.pass(15_000);
    await until("two signs of life", () => text.endsWith(":\n\n:\n\n"));
    socket.destroy();
    await until("its end", () => streams.size === 0);
    timers.pass(15_000);
    expect(timers.pending).toBe(0);
  });

  it("of a reader that stops reading costs no more than what the sockets hold, goes on with all that it missed, and is cut in the end", async () => {
    const { take, port, timers, streams, board } = await setUp();
    const large = (n: number): Services =>
      Array.from({ length: 1_000 }, (_, i) => [`s${i}`, JSON.stringify(`${n}`.padEnd(4_000, "x"))]);
    take(large(0), [], true);
    const ask = () => {
      const socket = connect(port, "127.0.0.1");
      socket.write("GET /v1/vips/events HTTP/1.1\r\nHost: a\r\n\r\n");
      return socket.pause();
    };
    const [slow, dead] = [ask(), ask()];
    await until("both", () => streams.size === 2);
    for (let n = 1; n <= 6; n++) {
      const version = board.indexOf();
      take(large(n));
      await until("the next version", () => board.indexOf() > version);
    }
    let octets = 0;
    let last = "";
    slow.on("data", (piece) => {
      octets += piece.length;
      last = (last + piece.toString("latin1")).slice(-100);
    });
    slow.resume();
    await until("the newest", () => octets > 8_000_000 && last.endsWith('"gone":[],"at":5}\n\n'), 5_000);
    // Of seven events with four million octets each: those that sockets hold, and one with all that is newer.
    expect(octets).toBeLessThan(17_000_000);
    timers.pass(60_000);
    await until("the end of the one that stands still", () => streams.size === 1);
    slow.destroy();
    dead.destroy();
  });
});
