import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CONTROL, ControlReader, controlFrame } from "../../../src/query-log/frame-streams.js";
import { SocketSink } from "../../../src/query-log/sinks/socket-sink.js";
import { ManualTimers } from "../../support/timers.js";
import { until } from "../../support/wait.js";
import { eventsOf } from "./support.js";

const DNSTAP = "protobuf:dnstap.Dnstap";

let path: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-sink-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  path = join(folder, "socket");
});

/** A frame of control as the reader sends it. */
function accept(contentType: string): Buffer {
  const frame = Buffer.from(controlFrame(CONTROL.READY));
  frame.writeUInt32BE(CONTROL.ACCEPT, 8);
  return Buffer.from(frame.toString("latin1").replace(DNSTAP, contentType.padEnd(DNSTAP.length)), "latin1");
}

/** A reader. @param answer what it says to the first frame of control */
async function listen(
  answer: Buffer,
): Promise<{ readonly server: Server; readonly sockets: Socket[]; text(): string }> {
  const sockets: Socket[] = [];
  const parts: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).on("data", (part) => parts.push(part));
    socket.once("data", () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, sockets, text: () => Buffer.concat(parts).toString("latin1") };
}

function open() {
  const { events, seen } = eventsOf();
  const timers = new ManualTimers();
  const sink = new SocketSink(path, events, timers);
  onTestFinished(() => {
    const closed = sink.close();
    timers.pass(1_000);
    return closed;
  });
  sink.start();
  return { sink, seen, timers };
}

const control = (type: 3 | 4 | 2) => Buffer.from(controlFrame(type)).toString("latin1");

describe("a socket", () => {
  test("is written after both sides have agreed, and ends with STOP and FINISH", async () => {
    const reader = await listen(accept(DNSTAP));
    const { sink, seen } = open();
    await until("agreement", () => sink.isReady);
    sink.write(Buffer.from("frame"), 2);
    await until("the frame", () => reader.text().endsWith("frame"));
    expect(reader.text()).toBe(`${control(CONTROL.READY)}${control(CONTROL.START)}frame`);
    expect(seen).toContain("written 2 5");
    const closed = sink.close();
    await until("STOP", () => reader.text().endsWith(control(CONTROL.STOP)));
    reader.sockets[0]?.write(controlFrame(CONTROL.FINISH));
    await closed;
  });

  test.each([
    ["takes something else", accept("text:plain"), /^trouble: the reader takes text:plain *, and no dnstap$/],
    ["speaks something else", Buffer.from("HTTP/1.1 400 Bad Request"), /^trouble: it does not speak Frame Streams$/],
  ])("whose reader %s is given up, and tried again", async (_, answer, trouble) => {
    const reader = await listen(answer);
    const { seen, timers } = open();
    await until("the failure", () => seen.some((each) => trouble.test(each)));
    await timers.advance(1_000);
    await until("another attempt", () => reader.sockets.length === 2);
    expect(seen).not.toContain("ready");
  });

  test("whose reader says nothing is given up after five seconds", async () => {
    const reader = await listen(Buffer.alloc(0));
    const { seen, timers } = open();
    await until("a connection", () => reader.sockets.length === 1);
    await timers.advance(5_000);
    await until("the failure", () => seen.includes("trouble: the reader does not answer"));
  });

  test("that nobody listens at is tried again, after one second and then after two", async () => {
    const { sink, seen, timers } = open();
    const failures = () => seen.filter((each) => each.startsWith("trouble: connect ENOENT")).length;
    await until("the first failure", () => failures() === 1);
    await timers.advance(1_000);
    await until("the second failure", () => failures() === 2);
    await timers.advance(1_999);
    await listen(accept(DNSTAP));
    await timers.advance(1);
    await until("agreement", () => sink.isReady);
  });

  test("whose reader does not read has no room for another chunk, and loses this one when it goes away", async () => {
    const reader = await listen(accept(DNSTAP));
    const { sink, seen, timers } = open();
    await until("agreement", () => sink.isReady);
    reader.sockets[0]?.pause();
    // More than the kernel keeps for both sides.
    sink.write(Buffer.alloc(8 * 1_048_576), 5);
    expect(sink.isReady).toBe(false);
    reader.sockets[0]?.destroy();
    await until("the loss", () => seen.includes("lost 5"));
    await timers.advance(1_000);
    await until("agreement", () => sink.isReady);
  });

  test("whose reader does not read is closed at once, and what it has not taken is lost", async () => {
    const reader = await listen(accept(DNSTAP));
    const { sink, seen, timers } = open();
    await until("agreement", () => sink.isReady);
    reader.sockets[0]?.pause();
    sink.write(Buffer.alloc(8 * 1_048_576), 5);
    await until("what the kernel takes", () => seen.includes("progress"));
    await sink.close();
    expect(seen.filter((each) => /^(lost|written)/.test(each))).toEqual(["lost 5"]);
    expect(timers.pending).toBe(0);
  });

  test("frames of control that come in pieces are put together", () => {
    const frames = new ControlReader();
    expect(frames.read(accept(DNSTAP).subarray(0, 10))).toEqual([]);
    expect(frames.read(accept(DNSTAP).subarray(10))).toEqual([{ type: CONTROL.ACCEPT, contentTypes: [DNSTAP] }]);
  });
});
