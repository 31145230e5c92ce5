import { execSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

test("a build begins with an empty dist/, so that no file of a deleted source is packed", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-build-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "dist/views"), { recursive: true });
  writeFileSync(join(folder, "dist/views/deleted.js"), "");
  const build: string = JSON.parse(readFileSync("package.json", "utf8")).scripts.build;
  const [first = "", ...others] = build.split(" && ");
  for (let run = 0; run < 2; run++) execSync(first, { cwd: folder });
  expect(existsSync(join(folder, "dist"))).toBe(false);
  expect(others[0]).toMatch(/^tsc /);
});
