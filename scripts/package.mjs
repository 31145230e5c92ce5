/**
 * `npm run package`: what can be installed, in dist-packages/. A Debian package, which brings its own Node.js, and the archive for npm.
 *
 *     npm run package                    for this machine's processor
 *     npm run package -- --arch arm64    for another one: nothing is compiled, so any machine can
 *     npm run package -- --draft         larger and sooner, for tests
 *
 * DEBFULLNAME and DEBEMAIL say who maintains the Debian package; SOURCE_DATE_EPOCH says when it was made (default: the last commit).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, debianVersion } from "./package/deb.mjs";
import { output } from "./package/run.mjs";
import { stage } from "./package/tree.mjs";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
const runtime = JSON.parse(readFileSync(new URL("package/runtime.json", import.meta.url), "utf8"));
const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));

const { values: flags } = parseArgs({
  options: {
    arch: { type: "string", default: { x64: "amd64" }[process.arch] ?? process.arch },
    out: { type: "string", default: join(PROJECT, "dist-packages") },
    draft: { type: "boolean", default: false },
  },
});
if (!(flags.arch in runtime.packages)) {
  console.error(`There is no package for ${flags.arch}: --arch is one of ${Object.keys(runtime.packages).join(", ")}`);
  process.exit(2);
}

const { DEBFULLNAME = "Maintainers of mesos-dns", DEBEMAIL = "mesos-dns@example.com", SOURCE_DATE_EPOCH } = process.env;
// For all that runs below: no file and no page has a time of its own.
process.env.SOURCE_DATE_EPOCH =
  SOURCE_DATE_EPOCH ?? output("git", ["log", "-1", "--format=%ct"], { cwd: PROJECT }).trim();
const about = {
  architecture: flags.arch,
  version: debianVersion(manifest.version),
  maintainer: `${DEBFULLNAME} <${DEBEMAIL}>`,
  date: new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000),
};
const work = mkdtempSync(join(tmpdir(), "mesos-dns-package-"));
try {
  mkdirSync(flags.out, { recursive: true });
  const root = join(work, "root");
  stage({ project: PROJECT, root, work, runtime, ...about });
  console.log(build({ root, folder: flags.out, ...about, isDraft: flags.draft }));
  const [{ filename }] = JSON.parse(
    output("npm", ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", flags.out], {
      cwd: PROJECT,
    }),
  );
  console.log(join(flags.out, filename));
} finally {
  rmSync(work, { recursive: true, force: true });
}
