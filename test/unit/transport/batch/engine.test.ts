import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { ClientTable } from "../../../../src/serving/clients.js";
import { Datagrams } from "../../../../src/transport/batch/datagrams.js";
import { BatchEngine } from "../../../../src/transport/batch/engine.js";
import type { System } from "../../../../src/transport/batch/system.js";
import { decode, encodeQuery } from "../../../support/dns.js";
import { freePort } from "../../../support/server.js";
import { SECRET, serviceOf } from "../../../support/service.js";
import { answererOf } from "../../../support/zone.js";
import { real, systemWith } from "./support.js";

/** More than two batches, less than a receive buffer. */
const BURST = 150;
const QUERY = encodeQuery("web.mesos", { type: "A" });
const { service, clients } = serviceOf(answererOf(["web.mesos A 192.0.2.1"], { forwarding: true }));
/** A name of somebody else's. */
const FOREIGN = encodeQuery("example.com", { type: "A" });
/** The kernel takes no notice of it when polling. */
const UNUSED_FD = -1;
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(system: System = real) {
  const port = await freePort();
  const troubles: string[] = [];
  const engine = new BatchEngine({
    address: { host: "127.0.0.1", port },
    service,
    clients,
    system,
    inherited: undefined,
    onlyIPv6: false,
    onTrouble: (message) => troubles.push(message),
  });
  await engine.listen();
  cleanups.push(() => engine.close());
  return { engine, port, troubles };
}

async function client(port: number) {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));
  cleanups.push(() => void socket.close());
  return socket;
}

describe("the batch engine", () => {
  test("answers a burst that is larger than a batch, each query once", async () => {
    const { port } = await start();
    const socket = await client(port);
    const ids = new Set<number>();
    const done = new Promise<void>((resolve) => {
      socket.on("message", (answer) => {
        ids.add(answer.readUInt16BE(0));
        expect(decode(answer).answers).toHaveLength(1);
        if (ids.size === BURST) resolve();
      });
    });
    for (let id = 0; id < BURST; id++) {
      const query = Buffer.from(QUERY);
      query.writeUInt16BE(id, 0);
      socket.send(query);
    }
    await done;
  });

  test("answers what has come before it stops, and nothing after", async () => {
    const { engine, port } = await start();
    const socket = await client(port);
    const answered = once(socket, "message");
    // The event loop does not turn between sending and stopping: the engine has not been told of the query.
    socket.send(QUERY, () => engine.stop());
    await answered;
    // Nobody has the port any more: that is what the machine says.
    const refused = once(socket, "error");
    socket.send(QUERY);
    const [error] = await refused;
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("says once what makes no sense, and goes on", async () => {
    let failures = 0;
    const failing = systemWith({
      recvmmsg: (...args) => (failures++ < 3 ? -1 : real.recvmmsg(...args)),
      errno: () => (failures <= 3 ? "ENOMEM" : real.errno()),
    });
    const { port, troubles } = await start(failing);
    const socket = await client(port);
    socket.send(QUERY);
    await once(socket, "message");
    expect(troubles).toEqual(["receiving failed: ENOMEM"]);
  });

  test("refuses an address that is not this machine's, with what to do", async () => {
    const port = await freePort();
    const engine = new BatchEngine({
      address: { host: "192.0.2.1", port },
      service,
      clients: new ClientTable({ allowQuery: [], allowRecursion: [] }, SECRET),
      system: real,
      inherited: undefined,
      onlyIPv6: false,
      onTrouble: () => {},
    });
    await expect(engine.listen()).rejects.toMatchObject({ code: "LISTEN_FAILED" });
  });
});

/**
 * An engine that the test calls in place of the event loop, which is never ready for anything else.
 *
 * @param whileWaiting what comes when the engine waits, first to last
 */
async function startAttended(whileWaiting: Uint8Array[], calls: Partial<System> = {}) {
  const seen = { answered: 0, waits: 0 };
  let attend = () => {};
  const { port } = await start(
    systemWith({
      eventLoop: () => ({ fd: UNUSED_FD, timeout: () => -1 }),
      watch: (_fd, onReadable) => {
        attend = onReadable;
        return { close: () => {} };
      },
      poll: (fds, count) => {
        seen.waits++;
        const query = whileWaiting.shift();
        if (query) socket.send(query);
        return real.poll(fds, count, 0);
      },
      sendmmsg: (fd, messages, count, flags) => {
        seen.answered += count;
        return real.sendmmsg(fd, messages, count, flags);
      },
      ...calls,
    }),
  );
  const socket = await client(port);
  return { attend: () => attend(), ask: (query: Uint8Array) => socket.send(query), seen };
}

describe("called by the event loop, the batch engine", () => {
  test("answers what comes while it waits for more, and returns when nothing comes", async () => {
    const { attend, ask, seen } = await startAttended([QUERY, QUERY]);
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 3, waits: 3 });
  });

  test("returns at once when a query has to be forwarded", async () => {
    const { attend, ask, seen } = await startAttended([QUERY]);
    ask(FOREIGN);
    attend();
    expect(seen).toEqual({ answered: 0, waits: 0 });
  });

  test("returns when a query that came while it waited has to be forwarded", async () => {
    const { attend, ask, seen } = await startAttended([FOREIGN, QUERY]);
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 1 });
  });

  test("does not wait where something else waits for its return", async () => {
    const { attend, ask, seen } = await startAttended([QUERY], {
      eventLoop: () => ({ fd: UNUSED_FD, timeout: () => 0 }),
    });
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 0 });
  });

  test("does not wait where the event loop cannot be found", async () => {
    const { attend, ask, seen } = await startAttended([QUERY], { eventLoop: () => undefined });
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 0 });
  });
});

describe("an answer to a datagram", () => {
  const AF_INET = 2;
  const AF_INET6 = 10;

  /** A datagram that came to this address over interface 7, as the kernel tells of it, and what its answer says of both. */
  function answerTo(family: number, address: readonly number[]) {
    const make = () => new Datagrams(1, 100, true, (memory) => real.addressOf(memory));
    const [from, to] = [make(), make()];
    const words = from.words;
    const name = from.sender(0) - 1;
    new Uint16Array(words.buffer)[name * 2] = family;
    // The control data follow the name's room and a guard.
    const control = name + (32 + 64) / 4;
    const isIPv4 = family === AF_INET;
    words[control] = isIPv4 ? 28 : 36;
    const octets = new Uint8Array(words.buffer);
    const data = control * 4 + 16;
    if (isIPv4) {
      words[data / 4] = 7;
      octets.set(address, data + 4);
    } else {
      octets.set(address, data);
      words[data / 4 + 4] = 7;
    }
    to.answer(0, 10, from, 0);
    const copied = new Uint8Array(to.words.buffer);
    const index = isIPv4 ? to.words[data / 4] : to.words[data / 4 + 4];
    const at = isIPv4 ? data + 4 : data;
    return { index, address: [...copied.subarray(at, at + address.length)] };
  }

  test("leaves from the address that was asked, over whatever interface the routing table chooses", () => {
    const ipv4 = [192, 0, 2, 1];
    expect(answerTo(AF_INET, ipv4)).toEqual({ index: 0, address: ipv4 });
    const ipv6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(answerTo(AF_INET6, ipv6)).toEqual({ index: 0, address: ipv6 });
  });

  test("leaves over the interface that was asked where the address means something there alone", () => {
    const linkLocal = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(answerTo(AF_INET6, linkLocal)).toEqual({ index: 7, address: linkLocal });
  });
});

describe("memory for datagrams", () => {
  const make = () => new Datagrams(4, 100, true, (memory) => real.addressOf(memory));

  test("is whole when everything that belongs to datagrams has been written over", () => {
    const datagrams = make();
    for (const data of datagrams.data) data.fill(0xff);
    for (let i = 0; i < 4; i++) datagrams.prepare(i);
    expect(datagrams.isIntact).toBe(true);
  });

  test("is not whole when an octet beside them has been written", () => {
    const datagrams = make();
    const [first] = datagrams.data;
    new Uint8Array(first.buffer)[first.byteOffset + first.length + 4] = 0;
    expect(datagrams.isIntact).toBe(false);
  });
});
