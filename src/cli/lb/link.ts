import { accessSync, chmodSync, constants, lstatSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { PROGRAM_NAMES } from "./names.js";

/**
 * `mesos-dns lb link DIR`: links under the names of the programs that this one acts as.
 * @param program its own path
 * @throws {MesosDnsError} USAGE if something else has one of the names; then no link is made
 */
export function linkNames(words: readonly string[], program: string): void {
  const [folder, ...more] = words;
  if (folder === undefined || more.length > 0)
    throw new MesosDnsError("USAGE", "lb link needs a folder: lb link /usr/local/bin");
  const target = resolve(program);
  const links = PROGRAM_NAMES.map((name) => join(resolve(folder), name));
  const states = new Map(links.map((path) => [path, stateOf(path, target)]));
  const strange = links.filter((path) => states.get(path) === "foreign");
  if (strange.length > 0) {
    const what = `${strange.join(", ")} ${strange.length === 1 ? "is" : "are"} there already, and no link to this program`;
    throw new MesosDnsError(
      "USAGE",
      `${what}: move ${strange.length === 1 ? "it" : "them"} away, or name another folder; nothing is linked`,
    );
  }
  makeExecutable(target);
  for (const path of links) {
    if (states.get(path) === "missing") symlinkTo(target, path);
    process.stdout.write(`${path} -> ${target}\n`);
  }
}

function stateOf(path: string, target: string): "missing" | "ours" | "foreign" {
  try {
    if (!lstatSync(path).isSymbolicLink()) return "foreign";
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "missing";
    throw new MesosDnsError("USAGE", `cannot look at ${path}: ${messageOf(error)}`);
  }
  try {
    return realpathSync(path) === realpathSync(target) ? "ours" : "foreign";
  } catch {
    return "foreign";
  }
}

function symlinkTo(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    throw new MesosDnsError(
      "USAGE",
      `cannot make the link ${path}: ${messageOf(error)}; its folder has to be there, and this user has to be let write there`,
    );
  }
}

/** A build does not make it so, an installation does. */
function makeExecutable(target: string): void {
  try {
    accessSync(target, constants.X_OK);
  } catch {
    chmodSync(target, statSync(target).mode | 0o111);
  }
}
