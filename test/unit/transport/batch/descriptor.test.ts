import { connect, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { bindStream } from "../../../../src/transport/batch/descriptor.js";
import { claimTcp, claimUdp } from "../../../../src/transport/claim.js";
import { freePort } from "../../../support/server.js";
import { real, systemWith } from "./support.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that listens on a socket made by system calls. */
async function listen(host: string, port: number) {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen({ fd: bindStream(real, { host, port }, false) }, resolve));
  cleanups.push(() => server.close());
}

describe("TCP sockets made by system calls", () => {
  test.each(["127.0.0.1", "::1"])("can share an address: %s", async (host) => {
    const port = await freePort();
    await listen(host, port);
    await listen(host, port);
    const client = connect(port, host);
    await new Promise<void>((resolve, reject) => client.once("end", resolve).once("error", reject).resume());
  });

  test("are noticed by a claim of the same address, and of the wildcard address", async () => {
    const port = await freePort();
    await claimTcp({ host: "127.0.0.1", port });
    await listen("127.0.0.1", port);
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      await expect(claimTcp({ host, port })).rejects.toMatchObject({
        code: "LISTEN_ADDRESS_IN_USE",
        message: expect.stringContaining(`TCP ${host}:${port} is in use`),
      });
    }
    await claimUdp({ host: "127.0.0.1", port });
  });

  test("fail if the address is in use without sharing, and leave no descriptor open", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    cleanups.push(() => holder.close());
    const { port } = holder.address() as { port: number };
    const open: number[] = [];
    const system = systemWith({
      socket: (...args) => {
        const fd = real.socket(...args);
        open.push(fd);
        return fd;
      },
      close: (fd) => {
        open.splice(open.indexOf(fd), 1);
        return real.close(fd);
      },
    });
    expect(() => bindStream(system, { host: "127.0.0.1", port }, false)).toThrow(`TCP 127.0.0.1:${port} is in use`);
    expect(open).toEqual([]);
  });
});
