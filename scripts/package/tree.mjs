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
export function stage({ project, root, work, runtime, ...about }) {
  const tree = new Tree(project, root);
  const node = join(work, "node");
  const { name, integrity } = runtime.packages[about.architecture];
  unpack({ name, version: runtime.version, integrity }, node, work);
  tree.write(`${HOME}/bin/node`, readFileSync(join(node, "bin/node")), 0o755);
  stageProgram(tree);
  stageKoffi({ tree, work, architecture: about.architecture });
  stageSettings(tree);
  stageDocuments(tree, { runtime: node, koffi: join(work, "koffi"), bundle: join(project, "dist/bundle") }, about);
}

/** Files of the project, and where they go. */
class Tree {
  #project;
  #root;

  constructor(project, root) {
    this.#project = project;
    this.#root = root;
  }

  from(path) {
    return join(this.#project, path);
  }

  to(path) {
    return join(this.#root, path);
  }

  read(path) {
    return readFileSync(this.from(path), "utf8");
  }

  write(path, content, mode = 0o644) {
    mkdirSync(dirname(this.to(path)), { recursive: true });
    writeFileSync(this.to(path), content);
    chmodSync(this.to(path), mode);
  }
}

function stageProgram(tree) {
  for (const part of PROGRAM) {
    cpSync(tree.from(`dist/${part}`), tree.to(`${HOME}/dist/${part}`), { recursive: true });
  }
  // They are in the package's file of licences.
  rmSync(tree.to(`${HOME}/dist/bundle/LICENSES.txt`));
  // The first line is all that leads to Node.js, whatever name the program is called by.
  const firstLine = /^#!.*\n/;
  tree.write(`${HOME}/dist/main.js`, tree.read("dist/main.js").replace(firstLine, `#!/${HOME}/bin/node\n`), 0o755);
  tree.write(`${HOME}/dist/bundle/main.js`, tree.read("dist/bundle/main.js").replace(firstLine, ""));
  tree.write(`${HOME}/package.json`, manifest(JSON.parse(tree.read("package.json"))));
  mkdirSync(tree.to("usr/bin"), { recursive: true });
  symlinkSync("../lib/mesos-dns/dist/main.js", tree.to("usr/bin/mesos-dns"));
}

function stageSettings(tree) {
  tree.write("etc/mesos-dns/config.json", firstConfig(tree.read("config.json.example")));
  for (const unit of UNITS) tree.write(`lib/systemd/system/${unit}`, packagedUnit(unit, tree.read(`systemd/${unit}`)));
  // A machine made of an image enables at its first start whatever no preset names (systemd.preset(5)).
  tree.write("lib/systemd/system-preset/90-mesos-dns.preset", UNITS.map((unit) => `disable ${unit}\n`).join(""));
}

function stageDocuments(tree, parts, { version, maintainer, date }) {
  for (const path of Object.keys(PRINTED)) tree.write(path, printed(path, tree.from("dist/main.js")));
  tree.write(`${DOC}/copyright`, copyright(parts));
  tree.write(`${DOC}/changelog.gz`, gzipped(changelog({ version, maintainer, date })));
  tree.write(`${DOC}/CHANGELOG.md.gz`, gzipped(tree.read("CHANGELOG.md")));
  for (const file of readdirSync(tree.from("docs"))) {
    if (file.endsWith(".md")) tree.write(`${DOC}/docs/${file}`, tree.read(`docs/${file}`));
  }
  cpSync(tree.from("deploy"), tree.to(`${DOC}/examples`), {
    recursive: true,
    filter: (path) => !path.includes(".test."),
  });
  tree.write(`${DOC}/examples/config.json.example`, tree.read("config.json.example"));
  const overrides = readFileSync(new URL("debian/lintian-overrides", import.meta.url), "utf8");
  tree.write("usr/share/lintian/overrides/mesos-dns", overrides);
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

function stageKoffi({ tree, work, architecture }) {
  const lock = JSON.parse(tree.read("package-lock.json"));
  const native = `@koromix/koffi-linux-${PROCESSORS[architecture]}`;
  for (const name of ["koffi", native]) {
    const folder = join(work, name);
    unpack(pinOf(lock, name), folder, work);
    cpSync(folder, tree.to(`${HOME}/node_modules/${name}`), {
      recursive: true,
      filter: (path) => {
        const inside = path.slice(folder.length + 1).split("/");
        return !inside.some((part) => KOFFI_LEAVES_OUT.includes(part)) && KOFFI_KEEPS.has(extname(path));
      },
    });
  }
}
