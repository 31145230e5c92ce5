import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import { freePort, PROGRAM } from "../support/server.js";
import { until } from "../support/wait.js";

const LISTENING = { until: "listening" } as const;
const folder = mkdtempSync(join(tmpdir(), "mesos-dns-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function doctor(keys: object) {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ listener: "127.0.0.1", httplistener: "127.0.0.1", ...keys }));
  return examine(file);
}

async function examine(file: string) {
  const { code, stdout } = await runCommand(process.execPath, [PROGRAM, "doctor", "--config", file, "--json"]);
  const { checks } = JSON.parse(stdout) as { checks: { what: string; level: string; text: string; advice?: string }[] };
  return { code, checks, of: (what: RegExp) => checks.filter((each) => what.test(each.what)) };
}

test("finds nothing against a server that can start, but that this machine does not ask it", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const upstream = await startUpstream(() => [{ name: "www.example.com", type: "A", ttl: 9, data: "203.0.113.9" }]);
  const keys = {
    masters: [master.address],
    resolvers: [upstream.address],
    port: await freePort(),
    httpport: await freePort(),
  };
  const { code, of } = await doctor(keys);
  expect(of(/over UDP|over TCP/).map(({ level, text }) => [level, text])).toEqual(Array(3).fill(["ok", "it is free"]));
  expect(of(/^resolver /)[0]).toMatchObject({
    level: "ok",
    text: expect.stringMatching(/answers in \d+\.\d ms over UDP/),
  });
  expect(of(/^masters/)[0]).toMatchObject({ level: "ok", text: expect.stringContaining(`${master.address} leads`) });
  expect(of(/^state/)[0]).toMatchObject({ level: "ok", text: "1 running tasks on 1 agents, and nothing is left out" });
  expect([0, 2]).toContain(code);
  const server = await startServer([master], keys);
  expect((await examine(server.configFile)).of(/over UDP|over TCP/).map(({ text }) => text)).toEqual(
    Array(3).fill("this server answers there"),
  );
});

test("says what keeps a server from working: who has its port, resolvers that are itself or silent, no master", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  const { port } = socket.address();
  const dead = `127.0.0.1:${await freePort()}`;
  const { code, of } = await doctor({
    masters: [dead],
    resolvers: [dead],
    zoneResolvers: { "example.com": [`127.0.0.1:${port}`] },
    port,
    httpport: await freePort(),
  });
  expect(code).toBe(1);
  expect(of(/over UDP/)[0]).toMatchObject({
    level: "fault",
    text: expect.stringMatching(/^\S+ \(process \d+\) has it$/),
  });
  expect(of(/^resolver /).map(({ level, text }) => [level, text])).toEqual([
    ["fault", expect.stringMatching(/does not answer: .*ECONNREFUSED/)],
  ]);
  expect(of(/^masters/)[0]).toMatchObject({ level: "fault", text: expect.stringMatching(/ECONNREFUSED|refused/) });
});

test("says how the server is that runs, or that it has another configuration", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const server = await startServer([master]);
  expect((await examine(server.configFile)).of(/^running/)).toMatchObject([
    { level: "ok", text: expect.stringMatching(/ answers at http:\/\/127\.0\.0\.1:\d+, and is ready$/) },
  ]);
  const nobody = { address: `127.0.0.1:${await freePort()}` };
  const lone = await startServer([nobody], {}, LISTENING);
  expect((await examine(lone.configFile)).of(/^running/)).toMatchObject([
    { level: "warning", text: expect.stringMatching(/ is not ready: no state from a Mesos master yet/) },
  ]);
  const other = await doctor({ port: server.port, httpport: server.httpPort, masters: [master.address] });
  expect(other.of(/^running/)).toMatchObject([
    { level: "warning", text: expect.stringContaining(`a server with another configuration, ${server.configFile}`) },
  ]);
  expect(other.of(/over UDP|over TCP/).map(({ level }) => level)).toEqual(Array(3).fill("fault"));
});

test("says what is wrong with a configuration, and how the server is that runs with it since before", async () => {
  const server = await startServer([await startMaster(webAt("203.0.113.1"))]);
  server.writeConfig({ port: 70_000, ttl: -1, httpport: server.httpPort, prot: 53 });
  const { code, checks } = await examine(server.configFile);
  expect(code).toBe(1);
  expect(checks.map(({ what, level }) => `${what} ${level}`)).toEqual([
    "configuration fault",
    "configuration fault",
    "configuration warning",
    "configuration warning",
    "running server ok",
  ]);
  const gone = await examine(join(folder, "gone.json"));
  expect(gone.of(/^configuration/)).toMatchObject([
    { level: "fault", advice: expect.stringContaining("/etc/mesos-dns") },
  ]);
});

test("finds what would prevent a start as --check does: files that are not there, and every port that is taken", async () => {
  const socket = createServer().listen(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  const { port } = socket.address() as AddressInfo;
  const { code, of } = await doctor({
    masters: ["192.0.2.1:5050"],
    stateTimeoutSeconds: 1,
    recordsFile: join(folder, "gone"),
    tsigKeyFile: join(folder, "gone-too"),
    consul: { enabled: true, httpPort: port },
    port: await freePort(),
    httpport: await freePort(),
  });
  expect(code).toBe(1);
  expect(of(/^configuration/).filter(({ level }) => level === "fault")).toHaveLength(2);
  expect(of(new RegExp(`:${port} over TCP`))).toMatchObject([{ level: "fault" }]);
});

test("and every command reach a server at a port that browsers refuse", async () => {
  const httpport = 10_080;
  const server = await startServer([await startMaster(webAt("203.0.113.1"))], { httpport }, LISTENING);
  await until("the server to be ready", async () => {
    return (await examine(server.configFile)).of(/^running/)[0]?.level === "ok";
  });
  const { stdout } = await runCommand(process.execPath, [
    PROGRAM,
    "explain",
    "web.marathon.mesos",
    "--server",
    `127.0.0.1:${httpport}`,
  ]);
  expect(stdout).toContain("gives A 203.0.113.1");
});
