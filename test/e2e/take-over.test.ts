import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { askTcp } from "../support/ask.js";
import { dig } from "../support/digs.js";
import { lines } from "../support/dns.js";
import { Load } from "../support/load.js";
import { startHeldUpstream, startMaster, startServer, web, webAt } from "../support/scenario.js";
import type { ScriptedMaster } from "../support/scripted-master.js";
import { freePort, Server, type StartOptions } from "../support/server.js";
import { until } from "../support/wait.js";

const ADDRESS = "192.0.2.9";
const RECORD = `web.marathon.mesos 60 A ${ADDRESS}`;
const RATE = 5000;
const ROUNDS = 3;
const CLIENTS = 12;
const BESIDE = /^both processes answer; now stop the other one with SIGTERM$/;

let master: ScriptedMaster;
let ports: { readonly port: number; readonly httpport: number };
beforeEach(async () => {
  master = await startMaster(webAt(ADDRESS));
  ports = { port: await freePort(), httpport: await freePort() };
});

const TAKE_OVER: StartOptions = { args: ["-take-over"] };

function stateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-take-over-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "state");
}

/** One that has joined the other, and waits for it to be stopped. */
async function startBeside(config: Readonly<Record<string, unknown>>): Promise<Server> {
  const server = Server.launch({ masters: [master.address], ...ports, ...config }, TAKE_OVER);
  onTestFinished(() => server.stop());
  await server.logged(BESIDE);
  return server;
}

describe("a process that takes over", () => {
  it.each([
    ["127.0.0.1", 1],
    ["127.0.0.1", 3],
    ["0.0.0.0", 2],
    ["::1", 2],
    ["::", 2],
  ])("loses no query and answers none wrongly: %s, %i threads", async (listener, dnsThreads) => {
    const config = { listener, dnsThreads, stateDir: stateDir() };
    let server = await startServer([master], { ...ports, ...config });
    const host = { "0.0.0.0": "127.0.0.1", "::": "127.0.0.1" }[listener] ?? listener;
    const at = { host, port: ports.port };
    const load = await Load.start(at, "web.marathon.mesos", RATE);
    for (let round = 0; round < ROUNDS; round++) {
      const older = server;
      server = await startBeside(config);
      expect(lines((await askTcp(at, "web.marathon.mesos")).answers)).toEqual([RECORD]);
      await older.stop();
      await server.logged(/^listening/);
      expect(lines((await askTcp(at, "web.marathon.mesos")).answers)).toEqual([RECORD]);
      expect((await server.fetch("/readyz")).status).toBe(200);
    }
    const { asked, unanswered, answers } = await load.finish();
    expect([unanswered, answers]).toEqual([0, { [`NOERROR ${RECORD}`]: asked }]);
  });

  it("lets the other one send answers that a resolver gives late, from the address that was asked", async () => {
    const { upstream, answer } = await startHeldUpstream("198.51.100.1");
    const config = { listener: "0.0.0.0", externalon: true, resolvers: [upstream.address] };
    const older = await startServer([master], { ...ports, ...config });
    // So many, from a port each, that no thread is left out.
    const names = Array.from({ length: CLIENTS }, (_, i) => `www${i}.example.com`);
    const asking = names.map((name) => dig({ host: "127.0.0.2", port: ports.port }, name, "A", "+notcp"));
    // On a busy machine some are asked twice.
    const asked = () =>
      new Set(upstream.queries.map(({ message: { questions } }) => questions?.[0]?.name.toLowerCase()));
    await until("the queries", () => asked().size === CLIENTS);
    const server = await startBeside(config);
    older.signal("SIGTERM");
    await server.logged(/^listening/);
    answer();
    const answers = (await Promise.all(asking)).map(({ answer: records }) => records);
    expect(answers).toEqual(names.map((name) => [`${name} 9 A 198.51.100.1`]));
    expect(await older.exited).toBe(0);
  });

  it("opens nothing before it has a zone, and can be stopped meanwhile", async () => {
    const older = await startServer([master], ports);
    const silent = await startMaster();
    const config = { masters: [silent.address], ...ports };
    const server = Server.launch(config, TAKE_OVER);
    await server.logged(/^cannot get the Mesos state, there is no zone/);
    for (let i = 0; i < 50; i++) expect(await web(older)).toBe(ADDRESS);
    await server.stop();
    expect(server.log.some(({ msg }) => BESIDE.test(msg))).toBe(false);
  });

  it("has the zone that was saved last where no master answers", async () => {
    const config = { ...ports, stateDir: stateDir() };
    const older = await startServer([master], config);
    master.lead(webAt("192.0.2.10"));
    await until("the new address", async () => (await web(older)) === "192.0.2.10");
    // It is saved at the end, and by a third one not at all.
    await older.stop();
    const silent = await startMaster();
    const second = await startServer([silent], config, { until: "listening" });
    const third = await startBeside({ ...config, masters: [silent.address] });
    await second.stop();
    await third.logged(/^listening/);
    expect(await web(third)).toBe("192.0.2.10");
  });

  it("just starts where there is nobody to take over from", async () => {
    const server = await startServer([master], ports, TAKE_OVER);
    expect(await web(server)).toBe(ADDRESS);
    expect(server.log.some(({ msg }) => BESIDE.test(msg))).toBe(false);
  });

  it.each([
    ["the other one has node:dgram", "dgram", "batch"],
    ["it has node:dgram itself", "batch", "dgram"],
  ])("is refused with what both need where %s", async (_, theirs, its) => {
    const older = await startServer([master], { ...ports, udpEngine: theirs });
    const config = { masters: [master.address], ...ports, udpEngine: its };
    const server = Server.launch(config, TAKE_OVER);
    expect(await server.exited).toBe(1);
    const sentence =
      /^mesos-dns: UDP 127.0.0.1:\d+ is in use: .*-take-over needs both processes to have the batch engine/m;
    expect(server.stderr).toMatch(sentence);
    expect(await web(older)).toBe(ADDRESS);
  });
});

describe("a process that is started beside another one by mistake", () => {
  /** Starts it and resolves to why it ended. */
  async function refusal(config: Readonly<Record<string, unknown>>): Promise<string> {
    const server = Server.launch({ masters: [master.address], ...ports, ...config });
    expect(await server.exited).toBe(1);
    return server.stderr;
  }

  it("ends, whatever they have in common, and the other one goes on", async () => {
    const older = await startServer([master], ports);
    const other = await freePort();
    expect(await refusal({})).toMatch(/^mesos-dns: UDP 127.0.0.1:\d+ is in use/);
    expect(await refusal({ httpport: other })).toMatch(/^mesos-dns: UDP 127.0.0.1:\d+ is in use/);
    expect(await refusal({ port: other })).toMatch(/HTTP 127.0.0.1:\d+ is in use/);
    expect(await web(older)).toBe(ADDRESS);
  });

  it("ends where only TCP is in use", async () => {
    const holder = createServer().listen(ports.port, "127.0.0.1");
    onTestFinished(() => void holder.close());
    expect(await refusal({})).toMatch(/^mesos-dns: TCP 127.0.0.1:\d+ is in use/);
  });
});
