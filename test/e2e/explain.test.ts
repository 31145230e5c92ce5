import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { askUdp } from "../support/ask.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import { cluster, recoveredAgent } from "../support/scripted-master.js";
import { freePort, PROGRAM, type Server } from "../support/server.js";
import { until } from "../support/wait.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-explain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `mesos-dns explain` with these words. */
const run = (...words: string[]) => runCommand(process.execPath, [PROGRAM, "explain", ...words]);
const ask = (server: Server, ...words: string[]) => run(...words, "--server", `http://127.0.0.1:${server.httpPort}`);

test("explains what a running server answers: a name, a task, an address, and what it forwards", async () => {
  const upstream = await startUpstream(() => [{ name: "www.example.com", type: "A", ttl: 300, data: "203.0.113.80" }]);
  const server = await startServer([await startMaster(webAt("203.0.113.1"))], {
    externalon: true,
    resolvers: [upstream.address],
  });
  expect((await ask(server, "web.marathon.mesos")).stdout).toMatch(
    /^web\.marathon\.mesos\. 60 A 203\.0\.113\.1\nTask web\.203\.0\.113\.1 of framework "marathon" on agent agents-S0 .* gives A 203\.0\.113\.1\.$/m,
  );
  expect((await ask(server, "web.203.0.113.1")).stdout).toMatch(/ is in TASK_RUNNING\.$/m);
  expect((await ask(server, "203.0.113.1")).stdout).toMatch(
    /^web\.marathon\.mesos has it, from task web\.203\.0\.113\.1 /m,
  );
  expect((await ask(server, "wbe.marathon.mesos")).stdout).toMatch(/^Was web\.marathon\.mesos meant\?$/m);
  expect((await ask(server, "www.example.com")).stdout).toMatch(/^No answer for www\.example\.com is in the cache\.$/m);
  await askUdp(server, "www.example.com");
  const cached = async () => (await ask(server, "www.example.com")).stdout;
  await until("the cached answer", async () =>
    /^A of www\.example\.com is cached \(NOERROR with 1 record\), for \d+ s more\.$/m.test(await cached()),
  );
  const { stdout } = await ask(server, "--json", "--client", "203.0.113.9", "www.example.com");
  const { question, findings } = JSON.parse(stdout);
  expect([question, findings[0].reason]).toEqual(["www.example.com", "client_refused"]);
});

test("says that a task is served though a new leader has not heard of it", async () => {
  const master = await startMaster(webAt("203.0.113.1"));
  const server = await startServer([master], { refreshSeconds: 1 });
  master.lead(cluster({ recovered: [recoveredAgent("S0")] }));
  await until("the guard", async () =>
    /^The leading master does not report task web\.203\.0\.113\.1\. It is served as it was/m.test(
      (await ask(server, "web.marathon.mesos")).stdout,
    ),
  );
  expect((await ask(server, "web.203.0.113.1")).stdout).toMatch(
    /^1 task in all is served although .* \(failoverGrace\)\.$/m,
  );
});

test("explains a saved state without a server, and says where to look if there is none", async () => {
  const state = join(folder, "state.json");
  const leader = { leader: "master@192.0.2.1:5050", pid: "master@192.0.2.1:5050" };
  writeFileSync(state, JSON.stringify({ ...webAt("203.0.113.1"), ...leader }));
  expect((await run("web.marathon.mesos", "--state", state)).stdout).toMatch(
    /^web\.marathon\.mesos\. 60 A 203\.0\.113\.1$/m,
  );
  const json = await run("a\u009b2J\u007f", "--state", state, "--json");
  expect(JSON.parse(json.stdout).question).toBe("a\u009b2J\u007f");
  expect(json.stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  const { code, stderr } = await run("web.marathon.mesos", "--server", `http://127.0.0.1:${await freePort()}`);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^mesos-dns: no explanation from .*ECONNREFUSED.*--server URL says where/),
  ]);
  expect(await run()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/explain needs a name, the id of a task or an address/),
  });
});
