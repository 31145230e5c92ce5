import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { LbRun } from "../support/lb-run.js";
import { app, ScriptedMarathon, task } from "../support/scripted-marathon.js";
import { freePort, PROGRAM } from "../support/server.js";
import { until } from "../support/wait.js";

/** `mesos-dns lb check`, and what `lb run` needs before it begins. */

function check(apps: readonly object[], ...words: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-check-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ lb: { groups: ["*"], vhosts: { https: false } } }));
  writeFileSync(join(folder, "apps.json"), JSON.stringify({ apps }));
  return runCommand(process.execPath, [
    PROGRAM,
    "lb",
    "check",
    "--config",
    config,
    "--apps",
    join(folder, "apps.json"),
    ...words,
  ]);
}

const at = (port: number, labels = {}) => ({ ports: [port], labels, tasks: [task("192.0.2.1", [31_000])] });

test("lb check is content with what is well", async () => {
  expect(await check([app("/web", at(10_000))])).toMatchObject({ code: 0, stdout: "nothing is wrong\n" });
});

test("lb check names conflicts, refused services, and ends with status 1", async () => {
  const broken = app("/broken", at(10_001, { HAPROXY_0_BALANCE: "a\nb" }));
  const { code, stdout } = await check([app("/one", at(10_000)), app("/two", at(10_000)), broken]);
  expect(code).toBe(1);
  expect(stdout).toContain("/two: does not get the port 10000, which is /one's\n");
  expect(stdout).toContain("/broken: its service 0 is left out: BALANCE has a line break");
  expect(stdout).toContain("\n2 faults\n");
});

test("lb check says what HAProxy says, and who shares a port in the formats of before", async () => {
  const apps = [app("/one", at(10_000)), app("/two", at(10_000, { HAPROXY_0_BALANCE: "nonsense" }))];
  const { code, stdout } = await check(apps, "--format", "marathon-lb");
  expect(code).toBe(1);
  expect(stdout).toContain(
    "/two: asks for the port 10000 as /one does: HAProxy gives each connection to either of them\n",
  );
  expect(stdout).toMatch(/HAProxy refuses the configuration: .*haproxy\.new:\d+, in global\]/u);
});

test("lb check names the section that HAProxy refuses, which has the app in its name", async () => {
  const { stdout } = await check([app("/one", at(10_000)), app("/two", at(10_001, { HAPROXY_0_BALANCE: "nonsense" }))]);
  expect(stdout).toMatch(/HAProxy refuses the configuration: .*haproxy\.new:\d+, in backend two_10001\]/u);
});

test("lb run starts no HAProxy with a certificate that is none, and lb status says so", async () => {
  const certificate = join(mkdtempSync(join(tmpdir(), "mesos-dns-check-")), "cert.pem");
  onTestFinished(() => rmSync(join(certificate, ".."), { recursive: true, force: true }));
  writeFileSync(certificate, "no certificate\n");
  const marathon = await ScriptedMarathon.start();
  onTestFinished(() => marathon.stop());
  marathon.apps = [app("/web", at(await freePort(), { HAPROXY_GROUP: "external" }))];
  const https = `127.0.0.1:${await freePort()}`;
  const vhosts = { http: false, https, appId: false, stats: false, certificates: [certificate] };
  const run = await LbRun.start([marathon.url], { vhosts });
  onTestFinished(() => run.end());
  await until("the refusal", async () => (await run.status()).trouble !== undefined);
  const { code, stdout } = await run.command("status");
  expect(code).toBe(1);
  expect(stdout).toContain("HAProxy does not run");
  expect(stdout).toContain("HAProxy refuses the configuration, and not for an app");
  expect(run.log).not.toContain("it is started");
});

test("lb check asks for a group, and for what tells of apps, where neither is named", async () => {
  const checked = (...words: readonly string[]) => runCommand(process.execPath, [PROGRAM, "lb", "check", ...words]);
  const none = await checked("-m", "http://192.0.2.254:1");
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("name at least one --group")]);
  const nobody = await checked("--group", "*");
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("or lb.marathons in its configuration")]);
});

test("lb run says what it needs", async () => {
  const run = (...words: readonly string[]) => runCommand(process.execPath, [PROGRAM, "lb", "run", ...words]);
  const dry = await run("--dry", "--group", "*", "--marathon", "http://192.0.2.254:1");
  expect([dry.code, dry.stderr]).toEqual([1, expect.stringContaining("lb run has no --dry")]);
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-check-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ lb: { marathons: [{ urls: ["http://192.0.2.254:1"] }] } }));
  expect(await run("--config", config)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("lb run needs lb.enabled to be true in its configuration, or --marathon URL"),
  });
});
