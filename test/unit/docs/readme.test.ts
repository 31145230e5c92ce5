import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, quoted, read } from "./files.js";

const PAGES = filesBelow(".", ".md");
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts;

/** The file that docs/extending.md has its reader write. */
const EXAMPLE = "src/views/nodes/view.ts";

/** npm's own commands, which are no scripts of package.json. */
const NPM_COMMANDS = new Set(["ci", "pack", "install", "root"]);

function npmScripts(markdown: string): string[] {
  const commands = [...markdown.matchAll(/\bnpm (?:run )?([a-z][a-z:]*)/g)].map((match) => match[1] as string);
  return commands.filter((command) => !NPM_COMMANDS.has(command));
}

/** As GitHub makes them of headings. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("every page", () => {
  it.each(PAGES)("%s names scripts that exist", (page) => {
    for (const script of npmScripts(read(page))) expect(SCRIPTS).toHaveProperty([script]);
  });

  it.each(PAGES)("%s names source files that exist", (page) => {
    for (const file of quoted(read(page)).filter((word) => /^[\w-]+(\/[\w-]+)+\.ts$/.test(word))) {
      if (file !== EXAMPLE) expect([file, `src/${file}`].some(existsSync), `${page} names ${file}`).toBe(true);
    }
  });

  it.each(PAGES)("%s links to what exists", (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
    for (const target of targets.filter((link) => !/^[a-z]+:/.test(link))) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      expect(existsSync(file), `${page} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchors(read(file)), `${page} links to ${target}`).toContain(anchor);
    }
  });
});

describe("README.md", () => {
  it("begins with what this is and the two commands", () => {
    const top = read("README.md").split("\n").slice(0, 12).join("\n");
    expect(top).toContain("Apache Mesos");
    expect(top).toContain("npm ci && npm run demo");
    expect(top).toContain("npm ci && npm test");
  });

  it("names the same test command as .ci/run", () => {
    expect(read(".ci/run")).toContain("npm ci && npm test");
  });

  it("packs under the name and version that package.json has", () => {
    const { name, version } = JSON.parse(read("package.json"));
    expect(read("README.md")).toContain(`${name}_${version}_amd64.deb`);
    expect(read("docs/operations.md")).toContain(`${name}-${version}.tgz`);
  });

  it("links every page in docs/ but decisions", () => {
    const readme = read("README.md");
    for (const page of PAGES.filter((path) => /^docs\/[^/]+$/.test(path))) expect(readme).toContain(`(${page})`);
  });
});

it("ARCHITECTURE.md links every decision", () => {
  const architecture = read("ARCHITECTURE.md");
  for (const page of filesBelow("docs/adr", ".md")) expect(architecture).toContain(`(${page})`);
});
