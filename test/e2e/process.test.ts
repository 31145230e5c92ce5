import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort, runProgram } from "../support/server.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MASTERS = ["192.0.2.11:5050"];
const LOOPBACK = { listener: "127.0.0.1", httplistener: "127.0.0.1" };

/** Writes a configuration and returns its path. */
function configFile(config: Readonly<Record<string, unknown>> | string): string {
  const file = join(folder, `config-${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
  return file;
}

/** Starts the server with a configuration that it cannot start with. */
async function refusal(config: Readonly<Record<string, unknown>>): Promise<string> {
  const ports = { port: await freePort(), httpport: await freePort() };
  const file = configFile({ masters: MASTERS, ...LOOPBACK, ...ports, externalon: false, ...config });
  const { status, stdout, stderr } = await runProgram(`-config=${file}`);
  expect([status, stdout]).toEqual([1, ""]);
  return stderr;
}

const oneSentence = (...parts: (string | number)[]) => {
  const [first, second] = parts.map((part) => String(part).replace(/[.[\]()]/g, "\\$&"));
  return new RegExp(`^mesos-dns: [^\n]*${first}[^\n]*${second}[^\n]*\n$`);
};

describe("the command line", () => {
  it.each(["-version", "--version"])("%s prints the version", async (flag) => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await runProgram(flag)).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each(["-help", "--help", "-h"])("%s prints what there is", async (flag) => {
    const { status, stdout, stderr } = await runProgram(flag);
    expect([status, stderr]).toEqual([0, ""]);
    for (const word of ["-config", "-v LEVEL", "-take-over", "--check", "-version", "zone", "--state", "SIGHUP"]) {
      expect(stdout).toContain(word);
    }
  });

  it.each([
    ["an unknown flag", ["--confg=x"], "unknown flag --confg=x"],
    ["a stray word", ["zone", "--state=s.json", "serve"], 'unexpected argument "serve"'],
    ["a verbosity there is not", ["-v=much"], "-v must be a number, 0, 1 or 2"],
    ["a flag without its value", ["-config"], "-config needs a value"],
    ["zone without a state", ["zone"], "zone needs --state FILE"],
  ])("%s is refused in one sentence that shows the way out", async (_, args, problem) => {
    const { status, stdout, stderr } = await runProgram(...args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(oneSentence(problem, "mesos-dns --help"));
  });
});

describe("--check", () => {
  it("has nothing to say about config.json.example", async () => {
    const { status, stdout, stderr } = await runProgram("--check", "-config=config.json.example");
    expect([status, stdout, stderr]).toEqual([0, "config.json.example is valid\n", ""]);
  });

  it("warns of what is ignored, and finds the file valid", async () => {
    const file = configFile({ masters: MASTERS, refreshSecond: 5, SOASerial: 1, resolvers: ["192.0.2.53"] });
    const { status, stdout, stderr } = await runProgram("--check", `--config=${file}`);
    expect([status, stdout]).toEqual([0, `${file} is valid\n`]);
    expect(stderr.split("\n")).toEqual([
      "warning: unknown key refreshSecond is ignored; did you mean refreshSeconds?",
      expect.stringMatching(/^warning: SOASerial is ignored/),
      "",
    ]);
  });
});

describe("a configuration that is wrong", () => {
  it("is refused with every fault, key and value, and nothing listens", async () => {
    const faults = {
      port: "53",
      SOARetry: -1,
      masters: ["h:99999"],
      domain: "a..b",
      listener: "[::]:53",
      IPSources: [],
    };
    const secrets = { mesosAuthentication: "basic", mesosCredentials: { principal: "p", secret: 12345 } };
    const stderr = await refusal({ ...faults, ...secrets });
    const [head, ...lines] = stderr.trimEnd().split("\n");
    expect(head).toMatch(/^mesos-dns: .*config-\w+\.json has 7 faults:$/);
    const keys = lines.map((line) => /^ {2}([\w.]+)\S*: got .*; allowed: /.exec(line)?.[1]);
    expect(keys.sort()).toEqual([...Object.keys(faults), "mesosCredentials.secret"].sort());
    expect(stderr).not.toContain("12345");
    expect(stderr).not.toContain('"msg"');
  });

  it.each([
    ["is not there", () => join(folder, "absent.json"), "cannot read", "-config=FILE"],
    ["is a folder", () => folder, "cannot read", "-config=FILE"],
    ["is not JSON", () => configFile('{\n  "ttl": 60,\n}'), "is not JSON", 'line 3, column 1: "}"'],
    ["is no object", () => configFile("[]"), "must hold a JSON object", "masters"],
  ])("and a file that %s is one sentence", async (_, file, problem, advice) => {
    const { status, stderr } = await runProgram(`-config=${file()}`);
    expect(status).toBe(1);
    expect(stderr).toMatch(oneSentence(problem, advice));
  });

  it.each([
    ["cannot be read", { CACertFile: "/nonexistent/ca.pem" }, "CACertFile cannot be read", "correct the path"],
    ["is none", { CACertFile: "package.json" }, "CACertFile: package.json cannot be used", "give PEM files"],
    ["is empty", { CACertFile: "/dev/null" }, "CACertFile: /dev/null cannot be used", "give PEM files"],
    ["has no key", { CertFile: "package.json", KeyFile: "/nonexistent/key.pem" }, "KeyFile cannot be read", "correct"],
  ])("a certificate that %s is one sentence", async (_, config, problem, advice) => {
    const stderr = await refusal({ mesosHTTPSOn: true, ...config });
    expect(stderr).toMatch(oneSentence(problem, advice));
  });
});

describe("a port that cannot be had", () => {
  it.each(["UDP", "TCP", "HTTP"])("%s: one sentence says what to do", async (protocol) => {
    const port = await freePort();
    if (protocol === "UDP") {
      const socket = createSocket("udp4").bind(port, "127.0.0.1");
      onTestFinished(() => void socket.close());
      await once(socket, "listening");
    } else {
      const holder = createServer().listen(port, "127.0.0.1");
      onTestFinished(() => void holder.close());
      await once(holder, "listening");
    }
    const stderr = await refusal(protocol === "HTTP" ? { httpport: port } : { port });
    expect(stderr).toMatch(oneSentence(`${protocol} 127.0.0.1:${port} is in use`, `ss -lnp 'sport = :${port}'`));
  });

  it.each([
    ["listener", "DNS", "UDP"],
    ["httplistener", "HTTP", "HTTP"],
  ])("an address that is not this machine's, as %s: the same", async (key, _, protocol) => {
    const stderr = await refusal({ [key]: "192.0.2.1" });
    expect(stderr).toMatch(oneSentence(`${protocol} 192.0.2.1`, "is not an address of this machine"));
  });
});
