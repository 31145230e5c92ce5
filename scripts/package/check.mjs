/**
 * `npm run package:check`: makes the packages, and installs them where nothing is yet: a Debian 12 in a folder, an empty prefix of npm, an
 * image. Needs root. The bare Debian is kept for a month in the cache of this user, as it takes most of a minute to fetch.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { provide } from "../test-tools.mjs";

const TOOLS = JSON.parse(readFileSync(new URL("check-packages.json", import.meta.url), "utf8"));
const BASE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "mesos-dns/debian-12.tar");
const MONTH_MS = 30 * 24 * 3_600_000;

function run(program, ...words) {
  const { status } = spawnSync(program, words, {
    stdio: "inherit",
    env: { ...process.env, PACKAGE_TEST_BASE: BASE },
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (process.getuid?.() !== 0) {
  console.error("npm run package:check needs root: it installs packages in a Debian of its own");
  process.exit(2);
}
if (!provide(true, TOOLS)) process.exit(1);
if (!existsSync(BASE) || Date.now() - statSync(BASE).mtimeMs > MONTH_MS) {
  mkdirSync(dirname(BASE), { recursive: true });
  run("mmdebstrap", "--quiet", "--variant=minbase", "bookworm", `${BASE}.new`);
  renameSync(`${BASE}.new`, BASE);
}
run(process.execPath, "scripts/package.mjs", "--draft");
run("npx", "vitest", "run", "--config", "test/package/vitest.config.ts");
