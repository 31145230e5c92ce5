import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, quoted, read, tableRows } from "./files.js";

interface Import {
  readonly file: string;
  /** A path below src, or the name of a module. */
  readonly target: string;
  readonly isLocal: boolean;
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
}

const IMPORT = /^(?:import|export) (type )?(?:[^;"']*? from )?"([^"]+)"/gm;

function importsOf(file: string): Import[] {
  return [...read(file).matchAll(IMPORT)].map(([, type, from = ""]) => {
    const isLocal = from.startsWith(".");
    const target = isLocal ? relative("src", join(dirname(file), from)).replace(/\.js$/, ".ts") : from;
    return { file: relative("src", file), target, isLocal, isType: type !== undefined };
  });
}

const IMPORTS = filesBelow("src", ".ts").flatMap(importsOf);
const RULES = tableRows(read("ARCHITECTURE.md"), "Folder").filter((row) => row.length === 4);

function isUnder(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

function show({ file, target }: Import): string {
  return `${file} imports ${target}`;
}

describe("the import rules of ARCHITECTURE.md", () => {
  it("cover every folder", () => {
    const folders = IMPORTS.map(({ file }) => file.split("/")).flatMap((path) =>
      path.length > 1 ? `${path[0]}/` : [],
    );
    expect(new Set(RULES.map(([folder = ""]) => quoted(folder)[0]))).toEqual(new Set(folders));
  });

  it.each(RULES)("are true for %s", (folder = "", code = "", types = "", modules = "") => {
    const own = quoted(folder);
    const forCode = [...own, ...quoted(code)];
    const forTypes = [...forCode, ...quoted(types)];
    const forbidden = IMPORTS.filter(({ file }) => isUnder(file, own)).filter(({ target, isLocal, isType }) => {
      if (isLocal) return !isUnder(target, isType ? forTypes : forCode);
      return modules !== "any" && !quoted(modules).includes(target);
    });
    expect(forbidden.map(show)).toEqual([]);
  });

  it("keep input and output out of the middle", () => {
    const middle = IMPORTS.filter(({ file }) => isUnder(file, ["records/", "zone/", "dns/"]));
    const outside = new Set(middle.filter(({ isLocal }) => !isLocal).map(({ target }) => target));
    expect([...outside].toSorted()).toEqual(["dns2", "ipaddr.js", "node:crypto"]);
  });

  it("load dns2 in one place", () => {
    expect(IMPORTS.filter(({ target }) => target === "dns2").map(show)).toEqual(["dns/protocol.ts imports dns2"]);
  });

  it("load node-zookeeper-client in one place", () => {
    const users = IMPORTS.filter(({ target }) => target === "node-zookeeper-client");
    expect(users.map(({ file }) => file)).toEqual(["mesos/zookeeper/connection.ts"]);
  });

  it("let only the files of src/ itself start threads, and nobody import the demonstration", () => {
    const users = IMPORTS.filter(({ target }) => isUnder(target, ["workers/", "demo/"]));
    const foreign = users.filter(({ file, target }) => file.includes("/") && dirname(file) !== dirname(target));
    expect(foreign.map(show)).toEqual([]);
    expect(users.filter(({ file, target }) => target.startsWith("demo/") && !file.startsWith("demo/"))).toEqual([]);
  });
});

it("ARCHITECTURE.md points to files that exist", () => {
  const rows = tableRows(read("ARCHITECTURE.md"), "Folder").filter((row) => row.length === 3);
  const files = new Set(filesBelow("src", ".ts"));
  for (const [folder = "", , start = ""] of rows) {
    for (const file of quoted(start)) expect(files).toContain(join(quoted(folder)[0] ?? "", file));
  }
});
