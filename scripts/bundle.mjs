/**
 * Makes one file for each thread out of the compiled modules and the packages that they use, in dist/bundle. Loading hundreds of small
 * files takes a second of a start, and every thread has to load them. docs/adr/0006-one-file-a-thread.md says more.
 *
 * dist/main.js is then the program; the other modules in dist are what tests and measurements load.
 */

import { chmodSync, existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { bundleConsole } from "./bundle-console.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const FOLDER = join(DIST, "bundle");
/** Where it really is: a module that is reached by a link as well would be two modules. */
const MODULES = realpathSync(fileURLToPath(new URL("../node_modules/", import.meta.url)));
/** How the name of a module begins that stands for a part of a package. */
const PART = "\0part of ";
/** A native module, which may be missing. */
const EXTERNAL = ["koffi"];

const ENTRIES = {
  main: join(DIST, "main.js"),
  "builder-thread": join(DIST, "threads/builder-thread.js"),
  "compiler-thread": join(DIST, "threads/compiler-thread.js"),
  "responder-thread": join(DIST, "threads/responder-thread.js"),
  "transfer-thread": join(DIST, "threads/transfer-thread.js"),
  "query-log-thread": join(DIST, "threads/query-log-thread.js"),
  "top-thread": join(DIST, "threads/top-thread.js"),
  "health-thread": join(DIST, "threads/health-thread.js"),
  "console-thread": join(DIST, "threads/console-thread.js"),
};

/**
 * What the program uses of packages that load ten times as much with it: servers and clients of DNS, caches and test doubles for HTTP.
 * Every thread that loads such a package would pay for it at each start.
 */
const PARTS = {
  dns2: 'export { default as Packet } from "dns2/packet.js";',
  undici: [
    'import Agent from "undici/lib/dispatcher/agent.js";',
    'import Dispatcher from "undici/lib/dispatcher/dispatcher.js";',
    'import request from "undici/lib/api/api-request.js";',
    "Dispatcher.prototype.request = request;",
    "export { Agent };",
  ].join("\n"),
};

/** Puts the parts in the place of the packages. */
const parts = {
  name: "parts",
  resolveId(id, importer) {
    if (importer?.startsWith(PART)) return join(MODULES, id);
    return Object.hasOwn(PARTS, id) ? `${PART}${id}` : undefined;
  },
  load: (id) => (id.startsWith(PART) ? PARTS[id.slice(PART.length)] : undefined),
};

/** The folder of the package that a module belongs to; nothing for a module of this program. */
function packageOf(module) {
  if (!module.includes("/node_modules/")) return undefined;
  let folder = dirname(module);
  while (!existsSync(join(folder, "package.json")) || !manifestOf(folder).name) folder = dirname(folder);
  return folder;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** What the licence of a package that is passed on asks for: its text. */
function noticeOf(folder) {
  const { name, version, license } = manifestOf(folder);
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "(no text of its own)";
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/**
 * Threads share no modules, so each gets a file of all that it needs at its start, and files of its own for what it may need later. Files
 * that threads had in common would be many small ones, each with the modules of one set of threads.
 *
 * @returns the chunks
 */
async function bundleThread(name, input) {
  const bundle = await rolldown({ input: { [name]: input }, platform: "node", external: EXTERNAL, plugins: [parts] });
  const { output } = await bundle.write({
    dir: FOLDER,
    format: "esm",
    chunkFileNames: `${name}-[name].js`,
    comments: { legal: true, annotation: false, jsdoc: false },
    codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] },
  });
  return output;
}

// Its own result of the last run must not be its input.
const program = readFileSync(ENTRIES.main, "utf8");
if (program.includes("./bundle/main.js")) throw new Error("dist/main.js is bundled already: run `npm run build`");
const threads = await Promise.all(Object.entries(ENTRIES).map(([name, input]) => bundleThread(name, input)));
const console = await bundleConsole(join(DIST, "console-app"));
const modules = [...threads.flat(), ...console].flatMap((chunk) => Object.keys(chunk.modules ?? {}));
const packages = new Set(modules.map(packageOf).filter((folder) => folder !== undefined));
writeFileSync(
  join(FOLDER, "LICENSES.txt"),
  [...packages]
    .sort()
    .map(noticeOf)
    .join(`\n${"-".repeat(80)}\n\n`),
);
writeFileSync(ENTRIES.main, '#!/usr/bin/env node\nimport "./bundle/main.js";\n');
// tsc writes files without the executable bit; the `mesos-dns` bin needs it.
chmodSync(ENTRIES.main, 0o755);
