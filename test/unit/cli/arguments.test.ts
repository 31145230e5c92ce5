import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../../../src/cli/arguments.js";
import { HELP } from "../../../src/cli/help.js";
import { SECONDARIES } from "../../../src/cli/secondaries/plan.js";
import { failure } from "../config/support.js";

const serve = { kind: "serve", configFile: "config.json", verbosity: 0, check: false, takeOver: false, warnings: [] };

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
    ["-v=3", { verbosity: 2 }],
    ["-v=10", { verbosity: 2 }],
    ["-v 10", { verbosity: 2 }],
    ["-v -1", { verbosity: 0 }],
    ["-v", { verbosity: 1 }],
    ["-v=true", { verbosity: 1 }],
    ["-v -config=a.json", { verbosity: 1, configFile: "a.json" }],
    ["-v --config a.json", { verbosity: 1, configFile: "a.json" }],
    ["-vv", { verbosity: 2 }],
    ["-vv=false -v=1", { verbosity: 1 }],
    ["-check=1", { check: true }],
    ["-check=F", { check: false }],
    ["--check", { check: true }],
    ["-check=true", { check: true }],
    ["-check=false", { check: false }],
    ["-take-over", { takeOver: true }],
    ["-version=false", {}],
    ["-v=2 --check -config zone", { verbosity: 2, check: true, configFile: "zone" }],
  ])("is requested by %j", (line, expected) => {
    expect(parseCommandLine(words(line))).toEqual({ ...serve, ...expected });
  });
});

describe("the lines for a secondary", () => {
  const one = { kind: "transfer-config", secondary: "knot", primaries: ["192.0.2.53"], configFile: "config.json" };

  test.each([
    ["transfer-config knot --primary 192.0.2.53", {}],
    ["transfer-config -primary=192.0.2.53 knot", {}],
    ["transfer-config bind --primary a --primary b", { secondary: "bind", primaries: ["a", "b"] }],
    ["transfer-config nsd --primary a,b --primary=c", { secondary: "nsd", primaries: ["a", "b", "c"] }],
    ["transfer-config knot --primary 192.0.2.53 --key k -config=a.json", { key: "k", configFile: "a.json" }],
  ])("are requested by %j", (line, expected) => {
    expect(parseCommandLine(words(line))).toEqual({ ...one, ...expected });
  });

  test.each([
    ["transfer-config", "transfer-config needs one of knot, nsd, bind, powerdns, unbound"],
    ["transfer-config tinydns --primary a", "transfer-config needs one of knot, nsd, bind, powerdns, unbound"],
    ["transfer-config knot", "transfer-config needs --primary ADDRESS"],
    ["transfer-config knot --primary", "--primary needs a value"],
    ["transfer-config knot --primary a nsd", 'unexpected argument "nsd"'],
    ["transfer-config knot --primary a --zone b", "unknown flag --zone"],
  ])("are not requested by %j", (line, problem) => {
    expect(failure(() => parseCommandLine(words(line))).message).toBe(`${problem}; see mesos-dns --help`);
  });

  test("have their own help", () => {
    expect(parseCommandLine(words("transfer-config --help"))).toEqual({ kind: "help", of: "transfer-config" });
    for (const server of SECONDARIES) expect(HELP).toMatch(new RegExp(`^ {4}${server} +for its configuration$`, "m"));
  });
});

describe("what a node carries", () => {
  const run = { kind: "vips", action: "run", configFile: "config.json", verbosity: 0 };

  test.each([
    ["vips run", {}],
    ["vips -config=a.json run", { configFile: "a.json" }],
    ["vips plan -v 1 -config a.json", { action: "plan", configFile: "a.json", verbosity: 1 }],
    ["vips status", { action: "status" }],
    ["vips clear", { action: "clear" }],
  ])("is asked about by %j", (line, expected) => {
    expect(parseCommandLine(words(line))).toEqual({ ...run, ...expected });
  });

  test.each([
    ["vips", "vips needs one of run, plan, status, clear"],
    ["vips flush", "vips needs one of run, plan, status, clear"],
    ["vips run plan", 'unexpected argument "plan"'],
    ["vips run --force", "unknown flag --force"],
  ])("is not asked about by %j", (line, problem) => {
    expect(failure(() => parseCommandLine(words(line))).message).toBe(`${problem}; see mesos-dns --help`);
  });

  test("has its own help", () => {
    expect(parseCommandLine(words("vips --help"))).toEqual({ kind: "help", of: "vips" });
    expect(HELP).toMatch(/^ {2}vips +carry the connections/m);
  });
});

describe("the flags of glog are accepted and ignored:", () => {
  const reason = "ignored: the log goes to standard error, a JSON object a line, and -v says how much of it";

  test.each(["-logtostderr", "-alsologtostderr", "-stderrthreshold", "-log_dir", "-vmodule", "-log_backtrace_at"])(
    "%s, with or without a value, with one dash or two",
    (flag) => {
      const warnings = [`${flag} is ${reason}`];
      for (const line of [flag, `${flag}=true`, `${flag} 0`, `-${flag}`, `-${flag}=x`, `${flag}=`])
        expect(parseCommandLine(words(`${line} -config=a.json -v=1`))).toEqual({
          ...serve,
          configFile: "a.json",
          verbosity: 1,
          warnings,
        });
    },
  );

  test("several of them, with one warning", () => {
    const line =
      "-logtostderr=true -v 10 -stderrthreshold INFO -log_dir /var/log/mesos-dns -vmodule=*=2 --config a.json";
    expect(parseCommandLine(words(line))).toEqual({
      ...serve,
      configFile: "a.json",
      verbosity: 2,
      warnings: [`-logtostderr, -stderrthreshold, -log_dir, -vmodule are ${reason}`],
    });
  });
});

describe("words after the flags are ignored with a warning, because flags end there in Go:", () => {
  const reason = "ignored: flags end before the first word that is none";

  test.each([
    ["--", {}, []],
    ["-v=1 --", { verbosity: 1 }, []],
    ["-v=1 zone", { verbosity: 1 }, [`"zone" is ${reason}`]],
    ["-v=1 serve -v=2 -config=b.json", { verbosity: 1 }, [`"serve", "-v=2", "-config=b.json" are ${reason}`]],
    ["-v=1 -", { verbosity: 1 }, [`"-" is ${reason}`]],
    ["-v=1 -- --port=53", { verbosity: 1 }, [`"--port=53" is ${reason}`]],
    ["-config - more", { configFile: "-" }, [`"more" is ${reason}`]],
    ["-config -- -v=2", { configFile: "--", verbosity: 2 }, []],
    ["-v - -v=2", { verbosity: 1 }, [`"-", "-v=2" are ${reason}`]],
  ])("%j", (line, expected, warnings) => {
    expect(parseCommandLine(words(line))).toEqual({ ...serve, ...expected, warnings });
  });

  test("beside the flags of glog", () => {
    const command = parseCommandLine(words("-logtostderr serve"));
    expect(command).toMatchObject({ warnings: [expect.stringMatching(/^-logtostderr is/), `"serve" is ${reason}`] });
  });
});

test.each(["-version", "--version", "-v=1 --version", "-version=true"])("%j asks for the version", (line) => {
  expect(parseCommandLine(words(line))).toEqual({ kind: "version" });
});

test.each(["-h", "--help", "-help", "--version --help", "zone --help", "zone -h"])("%j asks for help", (line) => {
  expect(parseCommandLine(words(line))).toMatchObject({ kind: "help" });
});

test("zone takes a state, and optionally a configuration and a name", () => {
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

describe("an unknown flag or value is refused, with a hint at the help:", () => {
  test.each([
    ["--port=53", "unknown flag --port=53"],
    ["--conifg=x", "unknown flag --conifg=x; did you mean --config?"],
    ["---config=x", 'unexpected argument "---config=x"'],
    ["-config", "-config needs a value"],
    ["-config=", "-config= needs a value"],
    ["-v=", '-v must be a number, 0, 1 or 2, not ""'],
    ["-v much", '-v must be a number, 0, 1 or 2, not "much"'],
    ["-v=1.5", '-v must be a number, 0, 1 or 2, not "1.5"'],
    ["--check=yes", "--check=yes must be true or false, or have no value"],
    ["zone", "zone needs --state FILE"],
    ["zone --state s.json more", 'unexpected argument "more"'],
    ["zone --state s.json -", 'unexpected argument "-"'],
    ["-=x", 'unexpected argument "-=x"'],
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

test.each(["serve", "status -config=a.json", "help nobody"])("%j is no command: nothing is served", (line) => {
  expect(failure(() => parseCommandLine(words(line)))).toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(/^there is no command "(serve|status|nobody)"; see mesos-dns --help$/),
  });
});

test("help and version are commands as well", () => {
  expect(parseCommandLine(["help"])).toEqual({ kind: "help" });
  expect(parseCommandLine(["help", "top"])).toEqual({ kind: "help", of: "top" });
  expect(parseCommandLine(["version"])).toEqual({ kind: "version" });
});

test.each([
  ["docter", "doctor"],
  ["zones --state s.json", "zone"],
  ["Explain web.marathon.mesos", "explain"],
])("%j is no command: it is said which was meant, and nothing is served", (line, meant) => {
  expect(() => parseCommandLine(words(line))).toThrow(`did you mean ${meant}?`);
});
