/** The files of the Debian package, below a folder that stands for the root. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { changelog, copyright, gzipped, PRINTED, printed } from "./documents.mjs";
import { pinOf, unpack } from "./registry.mjs";
import { packagedUnit, UNITS } from "./units.mjs";

/** Where the program is. */
const HOME = "usr/lib/mesos-dns";
const DOC = "usr/share/doc/mesos-dns";
/** What of dist/ is the program; the rest is what tests and measurements load. */
const PROGRAM = ["main.js", "bundle", "console-app"];
/** koffi comes with the sources of its native module, and builds for other C libraries. */
const KOFFI_KEEPS = new Set([".js", ".cjs", ".json", ".node", ""]);
const KOFFI_LEAVES_OUT = ["vendor", "doc", "lib", "abi", "cnoke.cjs", "trampolines.cjs", "musl_x64", "musl_arm64"];
/** Node's names of processors. */
const PROCESSORS = { amd64: "x64", arm64: "arm64" };

/** @param project the folder of this repository, with its dist/ @param work a folder to unpack things in */
export function stage({ project, root, work, architecture, version, maintainer, date, runtime }) {
  const at = (path) => join(root, path);
  const source = (path) => readFileSync(join(project, path), "utf8");
  const write = (path, content, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };

  const { name, integrity } = runtime.packages[architecture];
  const node = join(work, "node");
  unpack({ name, version: runtime.version, integrity }, node, work);
  write(`${HOME}/bin/node`, readFileSync(join(node, "bin/node")), 0o755);

  for (const part of PROGRAM) cpSync(join(project, "dist", part), at(`${HOME}/dist/${part}`), { recursive: true });
  rmSync(at(`${HOME}/dist/bundle/LICENSES.txt`));
  // The first line is all that leads to Node.js, whatever name the program is called by.
  const firstLine = /^#!.*\n/;
  write(`${HOME}/dist/main.js`, source("dist/main.js").replace(firstLine, `#!/${HOME}/bin/node\n`), 0o755);
  write(`${HOME}/dist/bundle/main.js`, source("dist/bundle/main.js").replace(firstLine, ""));
  write(`${HOME}/package.json`, manifest(JSON.parse(source("package.json"))));
  stageKoffi({ project, work, architecture, modules: at(`${HOME}/node_modules`) });
  mkdirSync(at("usr/bin"), { recursive: true });
  symlinkSync(`../lib/mesos-dns/dist/main.js`, at("usr/bin/mesos-dns"));

  write("etc/mesos-dns/config.json", firstConfig(source("config.json.example")));
  for (const unit of UNITS) write(`lib/systemd/system/${unit}`, packagedUnit(unit, source(`systemd/${unit}`)));

  for (const path of Object.keys(PRINTED)) write(path, printed(path, join(project, "dist/main.js")));
  write(
    `${DOC}/copyright`,
    copyright({ runtime: node, koffi: join(work, "koffi"), bundle: join(project, "dist/bundle") }),
  );
  write(`${DOC}/changelog.gz`, gzipped(changelog({ version, maintainer, date })));
  write(`${DOC}/CHANGELOG.md.gz`, gzipped(source("CHANGELOG.md")));
  for (const file of readdirSync(join(project, "docs"))) {
    if (file.endsWith(".md")) write(`${DOC}/docs/${file}`, source(`docs/${file}`));
  }
  cpSync(join(project, "deploy"), at(`${DOC}/examples`), {
    recursive: true,
    filter: (path) => !path.includes(".test."),
  });
  write(`${DOC}/examples/config.json.example`, source("config.json.example"));
  write(
    "usr/share/lintian/overrides/mesos-dns",
    readFileSync(new URL("debian/lintian-overrides", import.meta.url), "utf8"),
  );
}

/** What is read of package.json when the program runs. */
function manifest({ name, version, type, license }) {
  return `${JSON.stringify({ name, version, type, license }, undefined, 2)}\n`;
}

/**
 * What is there before an operator has said anything: no address of somebody else's, this machine's resolvers, and a place for the
 * last zone wherever the program is started.
 */
export function firstConfig(example) {
  const { resolvers: _, ...config } = JSON.parse(example);
  const first = { ...config, masters: ["127.0.0.1:5050"], stateDir: "/var/lib/mesos-dns" };
  return `${JSON.stringify(first, undefined, 2)}\n`;
}

function stageKoffi({ project, work, architecture, modules }) {
  const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
  const native = `@koromix/koffi-linux-${PROCESSORS[architecture]}`;
  for (const name of ["koffi", native]) {
    const folder = join(work, name);
    unpack(pinOf(lock, name), folder, work);
    cpSync(folder, join(modules, name), {
      recursive: true,
      filter: (path) => {
        const inside = path.slice(folder.length + 1).split("/");
        return !inside.some((part) => KOFFI_LEAVES_OUT.includes(part)) && KOFFI_KEEPS.has(extname(path));
      },
    });
  }
}
