import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { HELP, helpOf } from "../../../src/cli/help.js";
import { completionFor, SHELLS } from "../../../src/cli/manual/completion.js";
import { readHelp } from "../../../src/cli/manual/help-table.js";
import { configPage, programPage } from "../../../src/cli/manual/man.js";
import { manualKeys } from "../../../src/cli/manual/manual.js";
import { SECONDARIES } from "../../../src/cli/secondaries/plan.js";
import { KEY_PATHS } from "../../../src/config/schema.js";

const COMMANDS = readHelp(HELP);
const ABOUT = { version: "1.2.3", date: "2020-01-31" };
const USAGE = HELP.split("\n\n")[0] ?? "";
const of = (name: string) => COMMANDS.find((command) => command.name === name);

describe("the help as a table", () => {
  it("has the commands of its first lines, and no other", () => {
    const used = [...USAGE.matchAll(/mesos-dns ([a-z-]+)/g)].map(([, name]) => name);
    expect(new Set(COMMANDS.map(({ name }) => name))).toEqual(new Set(["", ...used]));
  });

  it("has the flags of a command with their values, and its actions", () => {
    expect(of("")?.flags.map(({ names }) => names)).toContainEqual(["-help", "-h"]);
    expect(of("explain")?.flags).toContainEqual({ names: ["--json"], hasValue: false, about: "for programs" });
    expect(of("zone")?.flags[0]).toMatchObject({ names: ["--state"], hasValue: true });
    expect(of("vips")?.actions.map(({ name }) => name)).toEqual(["run", "plan", "status", "clear"]);
    expect(of("transfer-config")?.actions.map(({ name }) => name)).toEqual([...SECONDARIES]);
    expect(of("doctor")?.about).toMatch(/^say what could .* or 2 with warnings alone$/);
  });

  it("describes everything", () => {
    for (const { about, actions, flags } of COMMANDS)
      for (const each of [{ about }, ...actions, ...flags]) expect(each.about.length).toBeGreaterThan(3);
  });
});

describe("the help of one command", () => {
  it("is how it is used, and its flags, without the others", () => {
    expect(helpOf("top")).toMatch(/^Usage: mesos-dns top \[--server URL\] .*\n\n {2}top .*\n(?:.*\n)* {4}--once .*\n/);
    expect(helpOf("top")).not.toContain("--kind");
    expect(helpOf("lb")).toMatch(/^Usage: mesos-dns lb render.*\n {7}mesos-dns lb deploy/);
  });

  it("has a row for every flag of its usage", () => {
    for (const { name, flags } of COMMANDS.filter((command) => !["", "zone", "lb"].includes(command.name))) {
      const used = helpOf(name as "top").split("\n\n")[0] ?? "";
      for (const [flag] of used.matchAll(/--[a-z-]+/g)) expect(flags.flatMap(({ names }) => names)).toContain(flag);
    }
  });
});

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-manual-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for a line of words. */
function bash(...words: string[]): string[] {
  const set = words.map((word) => `'${word}'`).join(" ");
  const script = `${completionFor("bash", COMMANDS)}\nCOMP_WORDS=(mesos-dns ${set}); COMP_CWORD=${words.length}; _mesos_dns; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
}

describe("completions", () => {
  it("offer commands first, then what belongs to one", () => {
    expect(bash("ex")).toEqual(["explain"]);
    expect(bash("explain", "--s")).toEqual(["--server", "--state"]);
    expect(bash("vips", "st")).toEqual(["status"]);
    expect(bash("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(bash("manual", "")).toEqual(["1", "5"]);
    expect(bash("transfer-config", "k")).toEqual(["knot"]);
    expect(bash("--ch")).toEqual(["--check"]);
  });

  it("offer files where a file is meant", () => {
    expect(bash("zone", "--state", "package.j")).toEqual(["package.json"]);
    expect(bash("-config", "package.j")).toEqual(["package.json"]);
    expect(bash("lb", "--json", "package.j")).toEqual(["package.json"]);
    expect(bash("explain", "--json", "package.j")).toEqual([""]);
  });

  it.each(SHELLS)("are a script that %s can read", (shell) => {
    const file = join(folder, shell);
    writeFileSync(file, completionFor(shell, COMMANDS));
    const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("of fish offer the same", () => {
    const script = `${completionFor("fish", COMMANDS)}\ncomplete -C 'mesos-dns expl'; complete -C 'mesos-dns vips cl'`;
    const { stdout } = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
    expect(stdout).toMatch(/^explain\tsay why.*\nclear\ttake away/);
  });
});

describe("manual pages", () => {
  const pages = [
    ["mesos-dns(1)", programPage(USAGE, COMMANDS, ABOUT)],
    ["mesos-dns-config(5)", configPage(manualKeys(), ABOUT)],
  ] as const;

  it.each(pages)("%s has no fault that mandoc finds", (_, text) => {
    const { stdout, stderr } = spawnSync("mandoc", ["-T", "lint", "-W", "warning"], { input: text, encoding: "utf8" });
    expect(stdout + stderr).toBe("");
  });

  it("show what they are made of", () => {
    const shown = pages.map(([, text]) =>
      execFileSync("mandoc", ["-T", "ascii", "-O", "width=200"], { input: text, encoding: "utf8" }).replace(
        /.[\b]/g,
        "",
      ),
    );
    for (const { name } of COMMANDS) expect(shown[0]).toContain(name);
    expect(shown[0]).toMatch(/--client VALUE\s+what this client may ask counts as well/);
    for (const path of KEY_PATHS)
      expect(shown[1]).toMatch(new RegExp(`^ {7}${path.replaceAll(".", "\\.")}(?:\\s|$)`, "m"));
    expect(shown[1]).toMatch(/Seconds between two fetches of the state\.\n\s+Value: .*Default: 60\. Live\./);
  });
});
