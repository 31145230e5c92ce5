/**
 * Finds out which of the programs that tests ask the server with are missing, and installs their packages: on Debian and Ubuntu, as
 * root or with sudo. Ends with 1 and the one line that a person has to run where it may not. Needs nothing but Node.js.
 *
 *     node scripts/test-tools.mjs [--no-install]
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** By program, or by the path of a file: the package it comes with. */
const PACKAGES = JSON.parse(readFileSync(new URL("test-packages.json", import.meta.url), "utf8"));
/** Servers and checkers are in directories that only root has on its path. */
const FOLDERS = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":").filter((folder) => folder !== "");
/** Asked by packages whether their daemons may be started; 101 is no (invoke-rc.d). */
const POLICY = "/usr/sbin/policy-rc.d";
const DENY = "#!/bin/sh\nexit 101\n";

/** @param isThere tells whether a file can be run, or is there at all where the name is a path */
export function missingPackages(packages, isThere) {
  const missing = Object.entries(packages).filter(([tool]) => !isThere(tool));
  return [...new Set(missing.map(([, name]) => name))].sort();
}

export function commandFor(packages) {
  return `sudo apt-get install --yes --no-install-recommends ${packages.join(" ")}`;
}

function isThere(tool) {
  if (tool.startsWith("/")) return existsSync(tool);
  return FOLDERS.some((folder) => canRun(join(folder, tool)));
}

function canRun(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The words in front of a command that make it root's; nothing where that cannot be had without a question. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return isThere("sudo") && spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n"] : undefined;
}

function install(packages, prefix) {
  const run = (...words) => {
    const [command, ...args] = [...prefix, ...words];
    return spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  };
  // Tests start servers on ports of their own; nothing that a package would start may be in the way.
  const isOurs = prefix.length === 0 && !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, DENY, { mode: 0o755, flag: "wx" });
  try {
    const quietly = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"];
    return (
      run(...quietly, "update") &&
      run(...quietly, "install", "--yes", "--no-install-recommends", "--no-upgrade", ...packages)
    );
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param tools as in test-packages.json @returns whether all is there */
export function provide(mayInstall, tools = PACKAGES) {
  const packages = missingPackages(tools, isThere);
  if (packages.length === 0) return true;
  const prefix = rootPrefix();
  const advice = `The tests need packages that are missing. Run: ${commandFor(packages)}`;
  if (!mayInstall || !isThere("apt-get") || prefix === undefined) {
    say(advice);
    return false;
  }
  say(
    `The tests need packages that are missing. Installing with apt-get (--no-install to refuse): ${packages.join(" ")}`,
  );
  if (install(packages, prefix) && missingPackages(tools, isThere).length === 0) return true;
  say(`That failed. Run: ${commandFor(packages)}`);
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exit(provide(!process.argv.includes("--no-install")) ? 0 : 1);
}
