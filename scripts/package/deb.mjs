/** A staged tree to a Debian package. Nothing here needs root. */

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { output } from "./run.mjs";

const DEBIAN = new URL("debian/", import.meta.url);
const SCRIPTS = ["postinst", "prerm", "postrm"];

/** Debian's spelling of a version of npm's: one before a release sorts before it. */
export function debianVersion(version) {
  return version.replace("-", "~");
}

/** @returns the path of the package */
export function build({ root, folder, architecture, version, maintainer, isDraft }) {
  const files = filesBelow(root);
  mkdirSync(join(root, "DEBIAN"));
  const write = (name, text, mode = 0o644) => writeFileSync(join(root, "DEBIAN", name), text, { mode });
  const octets = files.reduce((sum, path) => sum + statSync(join(root, path)).size, 0);
  const fields = { VERSION: version, ARCHITECTURE: architecture, MAINTAINER: maintainer };
  write("control", filled(read("control"), { ...fields, INSTALLED_SIZE: Math.ceil(octets / 1024) }));
  write(
    "conffiles",
    files
      .filter((path) => path.startsWith("etc/"))
      .map((path) => `/${path}\n`)
      .join(""),
  );
  write(
    "md5sums",
    files
      .filter((path) => !path.startsWith("etc/"))
      .map((path) => `${digest(join(root, path))}  ${path}\n`)
      .join(""),
  );
  for (const script of SCRIPTS) write(script, read(script), 0o755);
  foldersOpen(root);
  const path = join(folder, `mesos-dns_${version}_${architecture}.deb`);
  const compression = isDraft ? ["-Zgzip", "-z1"] : ["-Zxz"];
  output("dpkg-deb", ["--root-owner-group", ...compression, "--build", root, path]);
  return path;
}

function read(name) {
  return readFileSync(new URL(name, DEBIAN), "utf8");
}

function filled(template, values) {
  return template.replace(/@([A-Z_]+)@/g, (_, name) => String(values[name]));
}

function digest(path) {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}

/** Regular files, by their paths below the folder, in order. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Modes as Debian wants them, whatever the umask and the archives of others say. */
function foldersOpen(root) {
  chmodSync(root, 0o755);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    // A native module is loaded, not run, whatever its archive says.
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o111 && !path.endsWith(".node") ? 0o755 : 0o644);
  }
}
