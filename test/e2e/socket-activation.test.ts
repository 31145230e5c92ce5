import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { dig } from "../support/digs.js";
import { lines } from "../support/dns.js";
import { type HeldSocket, holdTcp, holdUdp } from "../support/held-sockets.js";
import { Load } from "../support/load.js";
import { startMaster, startServer, web, webAt } from "../support/scenario.js";
import type { ScriptedMaster } from "../support/scripted-master.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

const ADDRESS = "192.0.2.9";
const RECORD = `web.marathon.mesos 60 A ${ADDRESS}`;
const RATE = 5000;
/** A restart takes less, even on a busy machine. */
const RESTART_SECONDS = 4;

let master: ScriptedMaster;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-sockets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  master = await startMaster(webAt(ADDRESS));
});

const fdsOf = (sockets: readonly HeldSocket[]) => sockets.map(({ fd }) => fd);

describe.each(["batch", "dgram"])("with the engine %s, sockets that are open already", (udpEngine) => {
  it.each(["127.0.0.1", "::1"])("are answered on, and no others are opened: %s", async (host) => {
    const at = { host, port: await freePort() };
    const sockets = [holdUdp(at), holdTcp(at)];
    const elsewhere = await freePort();
    const server = await startServer([master], { udpEngine, port: elsewhere }, { sockets: fdsOf(sockets) });
    expect(lines((await askUdp(at, "web.marathon.mesos")).answers)).toEqual([RECORD]);
    expect(lines((await askTcp(at, "web.marathon.mesos")).answers)).toEqual([RECORD]);
    await expect(askTcp({ host: "127.0.0.1", port: elsewhere }, "web.marathon.mesos")).rejects.toThrow("ECONNREFUSED");
    const { dns } = (await server.logged(/^listening/)) as unknown as { dns: { given: string[] } };
    expect(dns.given).toEqual(["udp", "tcp"].map((kind) => `${kind} ${host === "::1" ? "[::1]" : host}:${at.port}`));
  });

  it("stand for their protocol only", async () => {
    const at = { host: "127.0.0.1", port: await freePort() };
    const server = await startServer([master], { udpEngine }, { sockets: [holdUdp(at).fd] });
    expect(await web(at)).toBe(ADDRESS);
    expect(lines((await askTcp(server, "web.marathon.mesos")).answers)).toEqual([RECORD]);
  });

  it("lose no query over restarts under load", async () => {
    const at = { host: "127.0.0.1", port: await freePort() };
    // More of them than threads.
    const udp = [1, 2, 3].map(() => holdUdp(at, true));
    const sockets = fdsOf([...udp, holdTcp(at)]);
    const config = { udpEngine, dnsThreads: 2, stateDir: join(folder, "state"), httpport: await freePort() };
    const start = () => startServer([master], config, { sockets, until: "listening" });
    let server = await start();
    await until("the names", async () => (await web(at)) === ADDRESS);
    const room = Math.min(...udp.map((socket) => socket.room));
    const load = await Load.start(at, "web.marathon.mesos", Math.min(RATE, room / RESTART_SECONDS));
    for (let round = 0; round < 3; round++) {
      await server.stop();
      const overTcp = askTcp(at, "web.marathon.mesos");
      server = await start();
      expect(lines((await overTcp).answers)).toEqual([RECORD]);
      expect(await web(at)).toBe(ADDRESS);
    }
    const { asked, unanswered, answers } = await load.finish();
    expect([unanswered, answers]).toEqual([0, { [`NOERROR ${RECORD}`]: asked }]);
  });
});

it("a socket for all addresses answers from the one that was asked", async () => {
  const port = await freePort();
  await startServer([master], { udpEngine: "batch" }, { sockets: [holdUdp({ host: "0.0.0.0", port }).fd] });
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const hosts = own.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  for (const host of [...hosts, "127.0.0.2"]) {
    // dig takes an answer from the address that it asked, and no other.
    expect((await dig({ host, port }, "web.marathon.mesos", "A", "+notcp")).answer).toEqual([RECORD]);
  }
});

it("programs that the server starts are told of no sockets, and get none", async () => {
  const seen = join(folder, "seen");
  const script = `#!/bin/sh\n{ env; ls -l /proc/self/fd; } >${seen}.new 2>&1; mv ${seen}.new ${seen}\n`;
  writeFileSync(join(folder, "systemd-notify"), script, { mode: 0o755 });
  const at = { host: "127.0.0.1", port: await freePort() };
  const env = { NOTIFY_SOCKET: join(folder, "notify"), PATH: `${folder}:${process.env.PATH}` };
  await startServer([master], {}, { sockets: fdsOf([holdUdp(at), holdTcp(at)]), env });
  const text = await until("the program", () => readFileSync(seen, "utf8"));
  expect(text).toContain("NOTIFY_SOCKET=");
  expect(text).not.toContain("LISTEN_");
  // Below 3 is what every program is given.
  expect(text).not.toMatch(/ ([3-9]|\d\d+) -> socket:/);
});

it("a descriptor that is no socket for DNS is refused in one sentence", async () => {
  const start = startServer([master], {}, { sockets: [0] });
  await expect(start).rejects.toThrow(/descriptor 3 from systemd is no UDP or TCP socket for IP: ListenDatagram=/);
});
