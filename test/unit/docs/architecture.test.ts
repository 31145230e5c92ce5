import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, quoted, read, tableRows } from "./files.js";

interface Import {
  readonly file: string;
  /** A path below src, or the name of a module. */
  readonly target: string;
  readonly isLocal: boolean;
}

const IMPORT = /^(?:import|export) (?:type )?(?:[^;"']*? from )?"([^"]+)"/gm;

function importsOf(file: string): Import[] {
  return [...read(file).matchAll(IMPORT)].map(([, from = ""]) => {
    const isLocal = from.startsWith(".");
    const target = isLocal ? relative("src", sourceOf(join(dirname(file), from))) : from;
    return { file: relative("src", file), target, isLocal };
  });
}

/** The source of a module. */
function sourceOf(module: string): string {
  const path = module.replace(/\.js$/, ".ts");
  return existsSync(path) ? path : `${path}x`;
}

/** Those of the browser's program as well, some of which have markup. */
const SOURCES = [...filesBelow("src", ".ts"), ...filesBelow("src", ".tsx")];
const IMPORTS = SOURCES.flatMap(importsOf);
const RULES = tableRows(read("ARCHITECTURE.md"), "Folder").filter((row) => !row[0]?.startsWith("`src/"));

/** The folder below src that a path is in; "" for a file in src itself. */
function folderOf(path: string): string {
  return path.includes("/") ? `${path.split("/")[0]}/` : "";
}

function show({ file, target }: Import): string {
  return `${file} imports ${target}`;
}

/** Folders from the top down. */
const ORDER = RULES.map(([folder = ""]) => quoted(folder)[0] ?? "");

describe("the import rules of ARCHITECTURE.md", () => {
  it("cover every folder, in the order in which they are described", () => {
    const folders = new Set(IMPORTS.map(({ file }) => folderOf(file)).filter((folder) => folder !== ""));
    expect(new Set(ORDER)).toEqual(folders);
    const described = tableRows(read("ARCHITECTURE.md"), "Folder").filter((row) => row[0]?.startsWith("`src/"));
    expect(described.map(([folder = ""]) => quoted(folder)[0]?.replace("src/", ""))).toEqual(ORDER);
  });

  it("lead down only", () => {
    const up = RULES.flatMap(([folder = "", imports = ""]) =>
      quoted(imports)
        .filter((target) => ORDER.indexOf(target) <= ORDER.indexOf(quoted(folder)[0] ?? ""))
        .map((target) => `${folder} to ${target}`),
    );
    expect(up).toEqual([]);
  });

  it.each(RULES)("are true for %s", (folder = "", imports = "", modules = "") => {
    const [own = ""] = quoted(folder);
    const allowed = new Set([own, ...quoted(imports)]);
    const from = IMPORTS.filter(({ file }) => folderOf(file) === own);
    const forbidden = from.filter(({ target, isLocal }) =>
      isLocal ? !allowed.has(folderOf(target)) : modules !== "any" && !quoted(modules).includes(target),
    );
    expect(forbidden.map(show)).toEqual([]);
    const used = new Set(from.filter(({ isLocal }) => isLocal).map(({ target }) => folderOf(target)));
    expect([...allowed].filter((target) => target !== own && !used.has(target))).toEqual([]);
  });

  it("keep input and output out of the middle", () => {
    const middle = IMPORTS.filter(({ file }) =>
      ["views/", "catalog/", "zone/", "answer/", "wire/"].includes(folderOf(file)),
    );
    const outside = new Set(middle.filter(({ isLocal }) => !isLocal).map(({ target }) => target));
    expect([...outside].toSorted()).toEqual(["dns2", "node:crypto", "node:zlib"]);
  });

  it.each([
    ["dns2", "wire/protocol.ts"],
    ["node-zookeeper-client", "sources/mesos/zookeeper/connection.ts"],
  ])("load %s in one place", (module, place) => {
    expect(IMPORTS.filter(({ target }) => target === module).map(({ file }) => file)).toEqual([place]);
  });

  it("let nobody import what stands in src itself", () => {
    expect(IMPORTS.filter(({ target, isLocal }) => isLocal && folderOf(target) === "").map(show)).toEqual([]);
  });
});

/** Files that can be reached from this one by imports, types included. */
function reachedFrom(start: string, importsByFile: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const ahead = [...(importsByFile.get(start) ?? [])];
  for (let file = ahead.pop(); file !== undefined; file = ahead.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    ahead.push(...(importsByFile.get(file) ?? []));
  }
  return reached;
}

describe("files", () => {
  it("import each other in no circle", () => {
    const importsByFile = new Map<string, string[]>();
    for (const { file, target, isLocal } of IMPORTS) {
      if (isLocal) importsByFile.set(file, [...(importsByFile.get(file) ?? []), target]);
    }
    const inCircles = [...importsByFile.keys()].filter((file) => reachedFrom(file, importsByFile).has(file));
    expect(inCircles).toEqual([]);
  });

  it("have at most 300 lines", () => {
    const lines = (file: string) => read(file).split("\n").length - 1;
    expect(SOURCES.filter((file) => lines(file) > 300)).toEqual([]);
  });

  it("have no function with more than five parameters, as the linter sees to", () => {
    const { linter } = JSON.parse(read("biome.json")) as { linter: { rules: Record<string, Record<string, unknown>> } };
    expect(linter.rules.complexity?.useMaxParams).toEqual({ level: "error", options: { max: 5 } });
    expect(linter.rules.suspicious?.noImportCycles).toEqual({ level: "error", options: { ignoreTypes: false } });
    const suppressed = filesBelow("src", ".ts").filter((file) => read(file).includes("biome-ignore lint"));
    expect(suppressed).toEqual([]);
  });
});

it("ARCHITECTURE.md points to files that exist", () => {
  const rows = tableRows(read("ARCHITECTURE.md"), "Folder").filter((row) => row[0]?.startsWith("`src/"));
  const files = new Set(SOURCES);
  for (const [folder = "", , start = ""] of rows) {
    for (const file of quoted(start)) expect(files).toContain(join(quoted(folder)[0] ?? "", file));
  }
});
