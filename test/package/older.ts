import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile, temporaryFolder } from "./bare.js";

/** The package as an older version had it, with another configuration to begin with: its file. */
export function olderPackage(): string {
  const folder = temporaryFolder();
  const root = join(folder, "root");
  execFileSync("dpkg-deb", ["--raw-extract", packageFile("deb"), root]);
  const change = (path: string, edit: (text: string) => string) =>
    writeFileSync(join(root, path), edit(readFileSync(join(root, path), "utf8")));
  change("DEBIAN/control", (text) => text.replace(/^Version: .*/m, "Version: 0.9.0"));
  change("etc/mesos-dns/config.json", (text) => text.replace(/"ttl": \d+/, '"ttl": 30'));
  const older = join(folder, "older.deb");
  execFileSync("dpkg-deb", ["--root-owner-group", "-Znone", "--build", root, older]);
  return older;
}
