import { describe, expect, test } from "vitest";
import { HELP, parseCommandLine } from "../../src/cli.js";
import { failure } from "./config/support.js";

const serve = { kind: "serve", configFile: "config.json", verbosity: 0, check: false, takeOver: false };

describe("serving", () => {
  test.each([
    ["", {}],
    ["-config=a.json", { configFile: "a.json" }],
    ["-config a.json", { configFile: "a.json" }],
    ["--config=a.json", { configFile: "a.json" }],
    ["--config a.json", { configFile: "a.json" }],
    ["-config=a=b.json", { configFile: "a=b.json" }],
    ["-config=a.json -config=b.json", { configFile: "b.json" }],
    ["-v=1", { verbosity: 1 }],
    ["-v 2", { verbosity: 2 }],
    ["--v=0", { verbosity: 0 }],
    ["--check", { check: true }],
    ["-check=true", { check: true }],
    ["-check=false", { check: false }],
    ["-take-over", { takeOver: true }],
    ["-version=false", {}],
    ["-v=2 --check -config zone", { verbosity: 2, check: true, configFile: "zone" }],
  ])("is asked for by %j", (line, expected) => {
    expect(parseCommandLine(words(line))).toEqual({ ...serve, ...expected });
  });
});

test.each(["-version", "--version", "-v=1 --version", "-version=true"])("%j asks for the version", (line) => {
  expect(parseCommandLine(words(line))).toEqual({ kind: "version" });
});

test.each(["-h", "--help", "-help", "--version --help", "zone --help", "zone -h"])("%j asks for help", (line) => {
  expect(parseCommandLine(words(line))).toEqual({ kind: "help" });
});

test("zone takes a state and perhaps a configuration and a name", () => {
  expect(parseCommandLine(words("zone --state s.json"))).toEqual({ kind: "zone", stateFile: "s.json" });
  expect(parseCommandLine(words("zone -config=c.json -state=s.json"))).toEqual({
    kind: "zone",
    stateFile: "s.json",
    configFile: "c.json",
  });
  expect(parseCommandLine(words("zone -state=s.json --zone thisdcos.directory"))).toEqual({
    kind: "zone",
    stateFile: "s.json",
    zone: "thisdcos.directory",
  });
});

describe("what is not known is refused, and help is pointed at:", () => {
  test.each([
    ["--port=53", "unknown flag --port=53"],
    ["-vv", "unknown flag -vv"],
    ["---config=x", 'unexpected argument "---config=x"'],
    ["-", 'unexpected argument "-"'],
    ["--", 'unexpected argument "--"'],
    ["serve", 'unexpected argument "serve"'],
    ["-v=1 zone", 'unexpected argument "zone"'],
    ["-config", "-config needs a value"],
    ["-config=", "-config= needs a value"],
    ["-v", "-v needs a value"],
    ["-v=3", '-v must be 0, 1 or 2, not "3"'],
    ["-v --check", '-v must be 0, 1 or 2, not "--check"'],
    ["--check=1", "--check=1 takes no value"],
    ["zone", "zone needs --state FILE"],
    ["zone --state s.json -v=1", "unknown flag -v=1"],
  ])("%j", (line, problem) => {
    const error = failure(() => parseCommandLine(words(line)));
    expect(error.code).toBe("USAGE");
    expect(error.message).toBe(`${problem}; see mesos-dns --help`);
  });
});

test("help names every flag", () => {
  for (const flag of ["-config", "-v", "-take-over", "--check", "-version", "-help", "-h", "--state"])
    expect(HELP).toContain(flag);
});

function words(line: string): string[] {
  return line === "" ? [] : line.split(" ");
}
