import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import packages from "../../../scripts/test-packages.json" with { type: "json" };

const SCRIPT = "scripts/test-tools.mjs";

/** Runs it with nothing on its path but these programs. */
function runWith(programs: readonly string[], ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-tools-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const program of programs) symlinkSync("/bin/true", join(folder, program));
  return spawnSync(process.execPath, [SCRIPT, ...args], { env: { PATH: folder }, encoding: "utf8" });
}

test("nothing is said where all is there", () => {
  const programs = Object.keys(packages).filter((tool) => !tool.startsWith("/"));
  const { status, stderr } = runWith(programs, "--no-install");
  if (status !== 0) expect(stderr).toMatch(/install --yes --no-install-recommends zookeeper\n$/);
});

test("what is missing is one line to run, each package once, where nothing may be installed", () => {
  const { status, stderr } = runWith(["dig", "dnstap-read", "nsd"], "--no-install");
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain("Run: sudo apt-get install --yes --no-install-recommends ");
  const named = stderr.trim().split("--no-install-recommends ")[1]?.split(" ") ?? [];
  expect(new Set(named).size).toBe(named.length);
  expect(named).not.toContain("bind9-dnsutils");
});
