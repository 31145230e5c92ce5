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

/** More than two batches, but less than the receive buffer holds. */
const BURST = 150;
const QUERY = encodeQuery("web.mesos", { type: "A" });
const { service, clients } = serviceOf(answererOf(["web.mesos A 192.0.2.1"], { forwarding: true }));
/** A name outside the zones. */
const FOREIGN = encodeQuery("example.com", { type: "A" });
/** A descriptor that the kernel ignores when polling. */
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

  test("answers queries that arrived before it stops, and none after", async () => {
    const { engine, port } = await start();
    const socket = await client(port);
    const answered = once(socket, "message");
    // The event loop does not run between sending and stopping: it has not told the engine about the query.
    socket.send(QUERY, () => engine.stop());
    await answered;
    // The port is closed now: the machine reports that.
    const refused = once(socket, "error");
    socket.send(QUERY);
    const [error] = await refused;
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("reports an unexpected failure once, and continues", async () => {
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

  test("rejects an address that is not this machine's", async () => {
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
 * An engine that the test calls in place of the event loop. The event loop never has anything else to do.
 *
 * @param whileWaiting called one after the other each time that the engine waits
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

describe("in a callback of the event loop, the batch engine", () => {
  test("answers queries that arrive while it waits for more, and returns when none arrive", async () => {
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

  test("returns when a query that arrived while it waited has to be forwarded", async () => {
    const { attend, ask, seen } = await startAttended([FOREIGN, QUERY]);
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 1 });
  });

  test("does not wait if something else waits for its return", async () => {
    const { attend, ask, seen } = await startAttended([QUERY], {
      eventLoop: () => ({ fd: UNUSED_FD, timeout: () => 0 }),
    });
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 0 });
  });

  test("does not wait if the event loop cannot be found", async () => {
    const { attend, ask, seen } = await startAttended([QUERY], { eventLoop: () => undefined });
    ask(QUERY);
    attend();
    expect(seen).toEqual({ answered: 1, waits: 0 });
  });
});

describe("an answer to a datagram", () => {
  const AF_INET = 2;
  const AF_INET6 = 10;

  /** The address and interface of the answer to a datagram that arrived at this address over interface 7. */
  function answerTo(family: number, address: readonly number[]) {
    const make = () => new Datagrams(1, 100, true, (memory) => real.addressOf(memory));
    const [from, to] = [make(), make()];
    const words = from.words;
    const name = from.sender(0) - 1;
    new Uint16Array(words.buffer)[name * 2] = family;
    // The control data is behind the memory for the name and guard bytes.
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

  test("leaves from the address that was asked, over an interface chosen by the routing table", () => {
    const ipv4 = [192, 0, 2, 1];
    expect(answerTo(AF_INET, ipv4)).toEqual({ index: 0, address: ipv4 });
    const ipv6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(answerTo(AF_INET6, ipv6)).toEqual({ index: 0, address: ipv6 });
  });

  test("leaves over the interface that was asked if the address is link-local", () => {
    const linkLocal = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(answerTo(AF_INET6, linkLocal)).toEqual({ index: 7, address: linkLocal });
  });
});

describe("memory for datagrams", () => {
  const make = () => new Datagrams(4, 100, true, (memory) => real.addressOf(memory));

  test("is intact after everything that belongs to datagrams has been overwritten", () => {
    const datagrams = make();
    for (const data of datagrams.data) data.fill(0xff);
    for (let i = 0; i < 4; i++) datagrams.prepare(i);
    expect(datagrams.isIntact).toBe(true);
  });

  test("is not intact after a byte beside them has been overwritten", () => {
    const datagrams = make();
    const [first] = datagrams.data;
    new Uint8Array(first.buffer)[first.byteOffset + first.length + 4] = 0;
    expect(datagrams.isIntact).toBe(false);
  });
});
