import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Change } from "../../../../src/console/changes.js";
import { ConsoleLive } from "../../../../src/http/console/live.js";
import { startHttp } from "../../../../src/http/server.js";
import { ManualTimers } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { apiOf, BUILD, FORWARDING, STATUS } from "../support.js";

const CHANGE: Change = { kind: "leader", text: "x leads." };
const PATIENTLY = 5_000;

async function setUp({ isOn = true } = {}) {
  const timers = new ManualTimers();
  const watched: boolean[] = [];
  const on = { now: isOn };
  const status = { now: { ...STATUS, build: BUILD } };
  const live: ConsoleLive = new ConsoleLive({
    readings: {
      stats: [],
      status: () => status.now,
      forwarding: () => FORWARDING,
      isForwarding: () => true,
      told: () => ({ reasons: [], notes: [] }),
    },
    timers,
    wallClock: () => 1_700_000_000_000,
    isOn: () => on.now,
    isShared: () => false,
    onWatched: (is) => {
      watched.push(is);
      if (is) live.start();
    },
  });
  const server = await startHttp({ api: apiOf().api, waits: live.streams, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  onTestFinished(() => live.streams.close());
  const url = (path: string) => `http://127.0.0.1:${server.port}/v1/console/${path}`;
  return { timers, live, watched, status, on, url, port: server.port };
}

interface Heard {
  readonly event: string;
  readonly data: { readonly id?: number; readonly text?: string };
}

async function read(url: string, headers: Record<string, string> = {}) {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const response = await fetch(url, { headers, signal: end.signal });
  const heard: Heard[] = [];
  let text = "";
  const state = { hasEnded: false };
  const follow = async () => {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(event)?.[1];
        const data = field("data");
        if (data !== undefined) heard.push({ event: field("event") ?? "", data: JSON.parse(data) });
      }
    }
    state.hasEnded = true;
  };
  follow().catch(() => undefined);
  return { response, heard, state, leave: () => end.abort() };
}

describe("the console's streams", () => {
  it("begin with the history, and have figures every second while somebody reads", async () => {
    const { timers, url, watched } = await setUp();
    expect(timers.pending).toBe(0);
    const { heard, leave, response } = await read(url("live"));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    await until("the history", () => heard.length === 1);
    expect(heard[0]).toMatchObject({ event: "history", data: { figures: { cluster: { tasks: BUILD.tasks } } } });
    timers.pass(1_000);
    await until("figures", () => heard.length === 2);
    expect(heard[1]?.event).toBe("figures");
    leave();
    await until("the end", () => watched.length === 2);
    expect(watched).toEqual([true, false]);
  });

  it("tell of changes at once, by both paths", async () => {
    const { live, url } = await setUp();
    const readers = [await read(url("live")), await read(url("changes"))];
    live.add([CHANGE]);
    for (const { heard } of readers) {
      await until("the change", () => heard.some(({ event, data }) => event === "change" && data.text === CHANGE.text));
    }
    expect(readers[1]?.heard.map(({ event }) => event)).toEqual(["change"]);
  });

  it("tell those who come back what they have missed", async () => {
    const { live, url } = await setUp();
    live.add([CHANGE, { ...CHANGE, text: "y leads." }]);
    const first = await read(url("changes"));
    await until("both", () => first.heard.length === 2);
    const [{ data }] = first.heard as [Heard];
    const again = await read(url("changes"), { "last-event-id": String(data.id) });
    const since = await read(url(`changes?since=${data.id}`));
    await until("the second", () => again.heard.length === 1 && since.heard.length === 1);
    expect(again.heard[0]?.data.text).toBe("y leads.");
  });

  it("begin anew for a reader with a number that has not been given yet, and tell it what comes", async () => {
    const { live, url } = await setUp();
    live.add([CHANGE]);
    const ahead = await read(url("changes"), { "last-event-id": "9999999999999999" });
    await until("the last change", () => ahead.heard.length === 1);
    live.add([{ ...CHANGE, text: "y leads." }]);
    await until("the next one", () => ahead.heard.length === 2);
    expect(ahead.heard[1]?.data.text).toBe("y leads.");
  });

  it("tell who leads now, and what else the server notices", async () => {
    const { timers, status, url } = await setUp();
    const { heard } = await read(url("changes"));
    status.now = { ...status.now, build: { ...BUILD, leader: "192.0.2.9:5050" } };
    timers.pass(1_000);
    await until("the leader", () => heard.length === 1);
    expect(heard[0]?.data.text).toContain("192.0.2.9:5050 leads");
  });

  it("begin with the last 100 changes, and give at most 500 of those that were missed", async () => {
    const { live, url } = await setUp();
    live.add(Array.from({ length: 900 }, () => CHANGE));
    const fresh = await read(url("changes"));
    await until("the last", () => fresh.heard.length === 100);
    const old = await read(url("changes?since=1"));
    await until("the newest", () => old.heard.length === 500);
    expect(old.heard.at(-1)?.data.id).toBe(fresh.heard.at(-1)?.data.id);
  });

  it("are 404 without a console, and nothing is read for them", async () => {
    const { timers, url, watched } = await setUp({ isOn: false });
    const { response } = await read(url("live"));
    expect([response.status, watched, timers.pending]).toEqual([404, [], 0]);
  });

  it("are refused beyond 32 of one address", async () => {
    const { url, live } = await setUp();
    const readers = [];
    for (let i = 0; i < 32; i++) readers.push(await read(url("changes")));
    const { response } = await read(url("changes"));
    expect(response.status).toBe(503);
    readers[0]?.leave();
    await until("room", () => live.streams.size === 31);
    expect((await read(url("changes"))).response.status).toBe(200);
  });

  it("skip figures for a reader that takes nothing, tell it of changes later, and cut it after a minute", async () => {
    const { timers, live, port } = await setUp();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write("GET /v1/console/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    await until("the stream", () => live.streams.size === 1);
    const long = { ...CHANGE, text: "x".repeat(100_000) };
    for (let i = 0; i < 200; i++) live.add([long]);
    timers.pass(30_000);
    expect(live.streams.size).toBe(1);
    timers.pass(31_000);
    await until("the cut", () => live.streams.size === 0, PATIENTLY);
  });

  it("say that they are there when nothing changes", async () => {
    const { timers, port } = await setUp();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.write("GET /v1/console/changes HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until("the beginning", () => text.includes("\r\n\r\n:\n\n"));
    const before = text.length;
    timers.pass(15_000);
    await until("a comment", () => text.length > before);
    expect(text.slice(before)).toBe(":\n\n");
  });

  it("end when the console is switched off", async () => {
    const { timers, on, url } = await setUp();
    const { state } = await read(url("live"));
    on.now = false;
    timers.pass(1_000);
    await until("the end", () => state.hasEnded);
    expect((await read(url("live"))).response.status).toBe(404);
  });

  it("end with the server", async () => {
    const { live, url } = await setUp();
    const { state } = await read(url("live"));
    live.streams.close();
    // Those whose connections are not closed yet are told of nothing more.
    live.add([CHANGE]);
    await until("the end", () => state.hasEnded);
  });
});
