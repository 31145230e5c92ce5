import { readlinkSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { AF_INET, POLLIN, SOCK_CLOEXEC, SOCK_DGRAM } from "../../../../src/transport/batch/abi.js";
import { socketAddress } from "../../../../src/transport/batch/datagrams.js";
import { LoopPoller } from "../../../../src/transport/batch/loop-poller.js";
import type { System } from "../../../../src/transport/batch/system.js";
import { real, systemWith } from "./support.js";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** A UDP socket; `receive` makes it receive a datagram. */
function openSocket() {
  const fd = real.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  onTestFinished(() => void real.close(fd));
  const address = socketAddress(LOOPBACK, 0);
  const at = real.addressOf(address);
  const length = Uint32Array.of(address.length);
  real.bind(fd, at, address.length);
  real.getsockname(fd, at, real.addressOf(new Uint8Array(length.buffer)));
  // Connected to itself, it receives what it sends.
  real.connect(fd, at, address.length);
  return { fd, receive: () => sendEmpty(fd) };
}

/** A message header of zeros: an empty datagram to the address that the socket is connected to. */
function sendEmpty(fd: number): void {
  real.sendmmsg(fd, real.addressOf(new Uint8Array(64)), 1, 0);
}

function isReadable(fd: number): boolean {
  const asked = Int32Array.of(fd, POLLIN);
  return real.poll(real.addressOf(new Uint8Array(asked.buffer)), 1, 0) === 1;
}

/** Lingers at a socket; a second socket stands for the event loop. Time stands still until the test moves it. */
function setUp({ due = -1, calls = {} }: { due?: number; calls?: Partial<System> } = {}) {
  const [socket, others] = [openSocket(), openSocket()];
  const time = { now: 1_000 };
  const waits: number[] = [];
  const system = systemWith({
    eventLoop: () => ({ fd: others.fd, timeout: () => due }),
    poll: (fds, count, milliseconds) => {
      waits.push(milliseconds);
      return real.poll(fds, count, 0);
    },
    ...calls,
  });
  const linger = LoopPoller.create(socket.fd, system, (into) => into.fill(time.now));
  onTestFinished(() => linger?.close());
  return { linger: linger as LoopPoller, socket, others, time, waits };
}

describe("lingering", () => {
  test("continues as long as there is something to read", () => {
    const { linger, socket } = setUp();
    expect(linger.begin()).toBe(true);
    socket.receive();
    expect(linger.more()).toBe(true);
    expect(linger.more()).toBe(true);
  });

  test("ends when the event loop has something else to do, even if there is more to read", () => {
    const { linger, socket, others } = setUp();
    linger.begin();
    socket.receive();
    others.receive();
    expect(linger.more()).toBe(false);
  });

  test("ends when nothing arrives for as long as a callback may stay", () => {
    const { linger, waits } = setUp();
    linger.begin();
    expect(linger.more()).toBe(false);
    expect(waits).toEqual([20]);
  });

  test("lasts no longer than a callback may stay, however much there is to read", () => {
    const { linger, socket, time, waits } = setUp();
    linger.begin();
    socket.receive();
    time.now += 4.5;
    expect(linger.more()).toBe(true);
    time.now += 15.5;
    expect(linger.more()).toBe(false);
    expect(waits).toEqual([16]);
  });

  test("ends when the next timer is due", () => {
    const { linger, time, waits } = setUp({ due: 7 });
    linger.begin();
    linger.more();
    time.now += 7;
    expect(linger.more()).toBe(false);
    expect(waits).toEqual([7]);
  });

  test("does not begin if something waits for the callback to return", () => {
    const { linger } = setUp({ due: 0 });
    expect(linger.begin()).toBe(false);
  });

  test("hides the socket from the event loop until it ends", () => {
    const { linger, socket } = setUp();
    socket.receive();
    expect(isReadable(linger.fd)).toBe(true);
    linger.begin();
    expect(isReadable(linger.fd)).toBe(false);
    linger.end();
    expect(isReadable(linger.fd)).toBe(true);
  });

  test("ends when waiting fails", () => {
    const { linger } = setUp({ calls: { poll: () => -1 } });
    linger.begin();
    expect(linger.more()).toBe(false);
  });

  test.each<[string, Partial<System>]>([
    ["the event loop cannot be found", { eventLoop: () => undefined }],
    ["there are no more descriptors", { epoll_create1: () => -1 }],
    ["the socket cannot be watched", { epoll_ctl: () => -1 }],
  ])("is not possible if %s", (_, calls) => {
    expect(setUp({ calls }).linger).toBeUndefined();
  });
});

describe("this thread's event loop", () => {
  test("can be polled", () => {
    expect(readlinkSync(`/proc/self/fd/${real.eventLoop()?.fd}`)).toBe("anon_inode:[eventpoll]");
  });

  test("tells when a timer is due, and whether something waits for the callback to return", () => {
    const loop = real.eventLoop();
    const timer = setTimeout(() => {}, 50);
    onTestFinished(() => clearTimeout(timer));
    expect(loop?.timeout()).toBeLessThanOrEqual(50);
    const immediate = setImmediate(() => {});
    onTestFinished(() => clearImmediate(immediate));
    expect(loop?.timeout()).toBe(0);
  });
});
