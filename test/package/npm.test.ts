import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { startMaster, webAt } from "../support/scenario.js";
import { freePort } from "../support/server.js";
import { packageFile, ready, temporaryFolder } from "./bare.js";

test("npm would publish it without a warning, and without tests, benches and the demonstration", () => {
  const words = ["publish", packageFile("tgz"), "--dry-run", "--ignore-scripts"];
  const { status, stdout, stderr } = spawnSync("npm", words, { encoding: "utf8" });
  const warnings = `${stdout}${stderr}`.split("\n").filter((line) => /npm (warn|error)/.test(line));
  // Nobody is logged in here.
  expect(warnings.filter((line) => !line.includes("requires you to be logged in"))).toEqual([]);
  expect(status).toBe(0);

  const files = execFileSync("tar", ["-tzf", packageFile("tgz")], { encoding: "utf8" })
    .trim()
    .split("\n");
  expect(files).toContain("package/dist/bundle/main.js");
  expect(files.filter((file) => /(^|[/.])(tests?|bench|demo|src)[/.]/.test(file))).toEqual([]);
});

test("what npm installs answers", async () => {
  const prefix = temporaryFolder();
  execFileSync("npm", ["install", "--global", "--prefix", prefix, packageFile("tgz")], { stdio: "ignore" });
  const master = await startMaster(webAt("192.0.2.21"));
  const [port, httpport] = [await freePort(), await freePort()];
  const at = { host: "127.0.0.1", port };
  const config = join(prefix, "config.json");
  const local = { listener: at.host, port, httplistener: at.host, httpport, externalon: false };
  writeFileSync(config, JSON.stringify({ ...local, masters: [master.address] }));
  const child = spawn(join(prefix, "bin/mesos-dns"), [`-config=${config}`], { stdio: "ignore" });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  await ready(httpport);
  expect(lines((await askUdp(at, "web.marathon.mesos")).answers)).toEqual(["web.marathon.mesos 60 A 192.0.2.21"]);
});
