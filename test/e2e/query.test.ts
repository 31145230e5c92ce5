import { expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { freePort, PROGRAM, type Server } from "../support/server.js";

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

test("query asks for the names of an address, with dig's -x and without", async () => {
  const server = await startServer([await startMaster(webAt("203.0.113.1"))]);
  for (const words of [["-x", "203.0.113.1"], ["203.0.113.1"], ["-x", "203.0.113.1", "PTR"]]) {
    const { stdout } = await run("query", ...words, at(server), "--short");
    expect(stdout).toMatch(/^web-\S+\.marathon\.mesos\.$/m);
  }
  const name = await run("query", "-x", "web.marathon.mesos", at(server));
  expect([name.code, name.stderr]).toEqual([
    1,
    expect.stringMatching(/-x needs an address, not "web\.marathon\.mesos"/),
  ]);
});
