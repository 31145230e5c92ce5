import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { freePort, PROGRAM, type Server } from "../support/server.js";
import { until } from "../support/wait.js";

const run = (...words: string[]) => runCommand(process.execPath, [PROGRAM, ...words]);
const api = (server: Server) => ["--server", `http://127.0.0.1:${server.httpPort}`];
const at = (server: Server) => `@127.0.0.1:${server.port}`;

test("query prints the answer as dig does, and why it is so", async () => {
  const server = await startServer([await startMaster(webAt("203.0.113.1", "203.0.113.2"))]);
  const { stdout } = await run("query", "web.marathon.mesos", at(server), ...api(server));
  expect(stdout).toMatch(/^;; NOERROR; flags: qr aa rd.*EDNS: 1232 octets$/m);
  expect(stdout).toMatch(/^web\.marathon\.mesos\. 60 IN A 203\.0\.113\.[12]$/m);
  expect(stdout).toMatch(/^;; from 127\.0\.0\.1:\d+ over UDP in \d+\.\d ms$/m);
  expect(stdout).toMatch(/^;; Task web\.203\.0\.113\.1 of framework "marathon" .* gives A 203\.0\.113\.1\.$/m);
  const srv = await run("query", at(server), "_web._tcp.marathon.mesos", "srv", "--short", "--tcp");
  expect(
    srv.stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").slice(0, 3).join(" ")),
  ).toEqual(["0 1 31000", "0 1 31000"]);
  const missing = await run("query", "nobody.marathon.mesos", at(server), "--no-explain");
  expect(missing.stdout).toMatch(/^;; NXDOMAIN; .*\n;nobody\.marathon\.mesos\. A\n;; authority:\nmesos\. \d+ IN SOA /);
  expect(await run("query", "web.marathon.mesos", "MAILBOX")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/"MAILBOX" is no type of record/),
  });
  const silent = await run("query", "web.marathon.mesos", `@127.0.0.1:${await freePort()}`);
  expect([silent.code, silent.stderr]).toEqual([
    1,
    expect.stringMatching(/no answer from 127\.0\.0\.1:\d+: .*ECONNREFUSED/),
  ]);
});

test("tail prints changes as they happen, and goes on when the server comes back", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const keys = { refreshSeconds: 1, maxShrink: 100 };
  const server = await startServer([master], keys);
  const tail = spawn(process.execPath, [PROGRAM, "tail", ...api(server)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void tail.kill());
  const lines: string[] = [];
  createInterface({ input: tail.stdout }).on("line", (line) => lines.push(line));
  const told = (pattern: RegExp) =>
    until(String(pattern), async () => lines.some((line) => pattern.test(line)), 15_000);
  let turns = 0;
  const change = setInterval(() => master.lead(webAt("203.0.113.1", `203.0.113.${2 + (++turns % 200)}`)), 1_500);
  onTestFinished(() => clearInterval(change));
  await told(/^\d{4}-\d\d-\d\dT.* web\S* of marathon runs on /);
  await told(/ends|ended|moved/);
});

test("tail says which kinds of changes there are, and waits for no other", async () => {
  const { code, stderr } = await runCommand(process.execPath, [PROGRAM, "tail", "--kind", "task-strated"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no kind of change is called "task-strated"; there are task-started, task-ended, /);
});
