import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCommand } from "../../src/base/run-command.js";
import { type DemoRun, startDemo, started } from "../support/demo.js";
import { askLb } from "../support/lb-ask.js";
import { until } from "../support/wait.js";

let folder: string;
let runs: DemoRun[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  runs = [];
});
afterEach(() => {
  for (const { demo } of runs) demo.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): DemoRun {
  const run = startDemo(args, folder, env);
  runs.push(run);
  return run;
}

/** Command lines of the HAProxies whose files are below the folder of this test. */
function haproxies(): string[] {
  const lines = readdirSync("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : [];
    } catch {
      return [];
    }
  });
  return lines.filter((line) => line.includes("haproxy") && line.includes(folder));
}

function portIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1]);
}

it("carries an app that is scaled and moves: what it says to try works, no request fails, and nothing is left behind", async () => {
  const run = start(["--lb", "--seconds", "9"]);
  await started(run);
  const text = run.output();
  expect(haproxies().length).toBeGreaterThan(0);

  const byName = await askLb(portIn(text, /curl -H "Host: www.example.com" http:.*:(\d+)\//), {
    host: "www.example.com",
  });
  expect(byName.body).toMatch(/^shop_web\.\d says hello from 127\.12\.0\.\d\n$/);
  const byPort = await askLb(portIn(text, /curl http:.*:(\d+)\/ /));
  expect(byPort.body).toContain("says hello from");
  const stats = await askLb(portIn(text, /In a browser: .*:(\d+)\//), {}, "/haproxy?stats");
  expect(stats.body).toContain("shop_web");
  const [, words = ""] = /node (dist\/main\.js lb status .*)/.exec(text) ?? [];
  const status = await runCommand(process.execPath, words.split(" "));
  expect(status.stdout).toMatch(/shop_web_\d+ \(www\.example\.com\): \d up/);
  expect(status.code).toBe(0);

  expect((await run.exited)[0]).toBe(0);
  expect(run.output()).toContain("/shop/web is scaled from 2 tasks to 4");
  expect(run.output()).toContain("a task of /shop/web moves from 127.12.0.1 to 127.12.0.2");
  const [, answered, tasks] =
    /stopping: (\d+) requests answered by (\d+) tasks, 0 failed, 0 reloads\n$/.exec(run.output()) ?? [];
  expect(Number(answered)).toBeGreaterThan(20);
  expect(Number(tasks)).toBeGreaterThanOrEqual(5);
  expect(haproxies()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it.each(["SIGINT", "SIGTERM"] as const)("ends on %s with its HAProxy", async (signal) => {
  const run = start(["--lb"]);
  await started(run);
  const asked = performance.now();
  run.demo.kill(signal);
  expect((await run.exited)[0]).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect(haproxies()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it("leaves nothing behind either if it is stopped while it starts", async () => {
  const run = start(["--lb"]);
  await until("its files", async () => readdirSync(folder).length > 0);
  run.demo.kill("SIGINT");
  expect((await run.exited)[0]).toBe(0);
  expect(run.output()).toBe("stopping: 0 requests answered by 0 tasks, 0 failed, 0 reloads\n");
  expect(haproxies()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it("says in one sentence what to install where HAProxy is not", async () => {
  const tools = join(folder, "tools");
  mkdirSync(tools);
  writeFileSync(join(tools, "haproxy"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
  const { exited, output } = start(["--lb"], { PATH: `${tools}:${process.env.PATH}` });
  expect((await exited)[0]).toBe(1);
  expect(output()).toBe("demo: the load balancer is HAProxy, which is not installed: apt-get install haproxy\n");
  expect(readdirSync(folder)).toEqual(["tools"]);
});
