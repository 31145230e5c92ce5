import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runProgram } from "../support/server.js";
import { run, type Tool } from "../support/tools.js";

/** The lines for secondaries are checked by the servers that they are for. */

const SECRET = Buffer.alloc(32, 7).toString("base64");
const PLACE = "<the secret of ns2.example>";
const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";
const folder = mkdtempSync(join(tmpdir(), "mesos-dns-secondaries-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const WHOLE = {
  dcosNames: true,
  reverseZones: ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"],
  catalogZone: "catalog.mesos",
};
const config = (keys: object) =>
  file("config.json", JSON.stringify({ tsigKeys: [{ name: "ns2.example", secret: SECRET }], ...keys }));

const ONE = ["--primary", "192.0.2.53"];
const TWO = [...ONE, "--primary", "[2001:db8::53]:5353"];
const KEY = ["--key", "ns2.example"];

async function linesFor(server: string, keys: object, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram("transfer-config", server, ...args, "-config", config(keys));
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).not.toContain(SECRET);
  return stdout;
}

const CHECKERS: readonly (readonly [server: string, tool: Tool, args: (path: string) => readonly string[]])[] = [
  ["knot", "knotc", (path) => ["-c", path, "conf-check"]],
  ["nsd", "nsd-checkconf", (path) => [path]],
  ["bind", "named-checkconf", (path) => [path]],
  ["unbound", "unbound-checkconf", (path) => [path]],
];

describe.each(CHECKERS)("the lines for %s are accepted by %s", (server, tool, args) => {
  it.each([
    ["one primary without a key", {}, ONE],
    ["one primary with a key", {}, [...ONE, ...KEY]],
    ["two primaries, a key, and every kind of zone", WHOLE, [...TWO, ...KEY]],
  ])("for %s", async (_, keys, words) => {
    const text = (await linesFor(server, keys, ...words)).replace(PLACE, SECRET);
    const { status, stdout, stderr } = await run(tool, args(file(`${server}.conf`, text)));
    expect(status, stdout + stderr).toBe(0);
    expect(stderr).not.toMatch(/error|warning/i);
  });
});

it.each(CHECKERS.filter(([server]) => server !== "unbound"))(
  "the lines for %s have a place for the secret, and are refused by %s until it is there",
  async (server, tool, args) => {
    const text = await linesFor(server, {}, ...ONE, ...KEY);
    expect(text).toContain(PLACE);
    expect((await run(tool, args(file(`${server}.conf`, text)))).status).not.toBe(0);
  },
);

it("the lines for powerdns fill its SQLite database", async () => {
  const text = (await linesFor("powerdns", WHOLE, ...TWO, ...KEY)).replace(PLACE, SECRET);
  const path = join(folder, "pdns.sqlite3");
  const ask = `SELECT name, type, master FROM domains; SELECT kind, count(*) FROM domainmetadata GROUP BY kind; SELECT * FROM tsigkeys;`;
  const script = `.read ${SCHEMA}\n${text}\n${ask}\n`;
  const { stdout, stderr } = await run("sqlite3", ["-bail", path], script);
  expect(stderr).toBe("");
  const zones = ["mesos", "thisdcos.directory", "10.in-addr.arpa", "168.192.in-addr.arpa", "d.f.ip6.arpa"];
  expect(stdout.trimEnd().split("\n")).toEqual([
    ...zones.map((zone) => `${zone}|SLAVE|192.0.2.53,[2001:db8::53]:5353`),
    "AXFR-MASTER-TSIG|5",
    "IXFR|5",
    `1|ns2.example|hmac-sha256|${SECRET}`,
  ]);
});

it("a key comes from tsigKeyFile too, and what is wrong with the command line is said", async () => {
  const { stdout: keys } = await run("tsig-keygen", ["-a", "hmac-sha512", "ns3.example"]);
  const tsigKeyFile = file("keys", keys);
  expect(await linesFor("nsd", { tsigKeyFile }, ...ONE, "--key", "NS3.example.")).toContain("algorithm: hmac-sha512");
  const path = config({});
  for (const [words, problem] of [
    [["knot", ...ONE, "--key", "other"], '--key is "other"; the keys of this configuration: ns2.example'],
    [["knot", "--primary", "ns1.example"], '--primary is "ns1.example": give the address of this server'],
    [["djbdns", ...ONE], "transfer-config needs one of knot, nsd, bind, powerdns, unbound"],
    [["knot"], "transfer-config needs --primary ADDRESS"],
  ] as const) {
    const { status, stderr } = await runProgram("transfer-config", ...words, "-config", path);
    expect([status, stderr]).toEqual([1, expect.stringContaining(problem)]);
  }
});
