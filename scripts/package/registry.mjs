/** Packages of npm's registry, unpacked only if they are what was pinned. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { output } from "./run.mjs";

/**
 * Unpacks a package into a folder. Its scripts do not run.
 *
 * @param pin `name`, `version` and `integrity`, the last as in package-lock.json
 * @param work a folder for the archive
 * @throws {Error} if the registry gives something else
 */
export function unpack({ name, version, integrity }, folder, work) {
  const [{ filename }] = JSON.parse(
    output("npm", ["pack", `${name}@${version}`, "--json", "--silent", "--ignore-scripts", "--pack-destination", work]),
  );
  const archive = join(work, filename);
  verify(readFileSync(archive), integrity, `${name}@${version}`);
  mkdirSync(folder, { recursive: true });
  output("tar", ["-xzf", archive, "--no-same-owner", "--strip-components=1", "-C", folder]);
}

/** @throws {Error} if the octets are not those that `integrity` (`algorithm-base64`) stands for */
export function verify(octets, integrity, what) {
  const algorithm = integrity.slice(0, integrity.indexOf("-"));
  const found = `${algorithm}-${createHash(algorithm).update(octets).digest("base64")}`;
  if (found !== integrity) throw new Error(`${what} is not what was pinned: expected ${integrity}, found ${found}`);
}

/** A package as package-lock.json pins it, by the folder that it is installed in. */
export function pinOf(lock, name) {
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  return { name, version, integrity };
}
