import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { agent, cluster, framework, recoveredAgent, stateOf, task } from "../support/scripted-master.js";
import { PROGRAM, runProgram } from "../support/server.js";
import { run } from "../support/tools.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-zone-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const LEADER = { address: "192.0.2.1:5050" };
const ports = { ports: [{ number: 8080, name: "http", protocol: "tcp" }, { number: 9000 }] };

/** Discovery names that are published as they are written, and that a zone file must escape. */
const ODD = ["a b", 'quo"te', "semi;colon", "back\\slash", "at@sign", "dollar$", "(", "über", "_x", "\t", "*", "a.*.b"];

const AGENTS = [agent("S0", { ip: "192.0.2.10" }), agent("S1", { ip: "2001:db8::b" })];

const STATE = stateOf(
  LEADER,
  cluster({
    agents: AGENTS,
    recovered: [recoveredAgent("S2", { hostname: "192.0.2.12" })],
    frameworks: [
      framework("marathon.prod", {
        pid: "scheduler@192.0.2.20:15101",
        tasks: [
          task("web", { agent: "S0", ports: [31000], ip: ["203.0.113.7", "2001:db8::7"] }),
          task("web", { agent: "S1", ports: [31000, 31001] }),
          task("l".repeat(80), { agent: "S2", ports: [31000] }),
          task("1_My.App", { agent: "S0", ports: [31000] }),
          task("api", { agent: "S1", ip: "203.0.113.9", discovery: { name: "Api.v2", ...ports } }),
        ],
      }),
      framework("web", { tasks: [task("marathon", { agent: "S0" })] }),
    ],
  }),
);

const ODD_STATE = stateOf(
  LEADER,
  cluster({
    agents: AGENTS,
    frameworks: [
      framework("marathon", {
        tasks: ODD.map((name, i) =>
          task(name, { id: `odd.${i}`, agent: "S0", ports: [31000], discovery: { name, ...ports } }),
        ),
      }),
    ],
  }),
);

/** The checkers, and all that each says of a zone it likes. */
const CHECKERS = [
  ["named-checkzone", (zone: string, path: string) => [zone, path], /^zone [\w.]+\/IN: loaded serial \d+\nOK\n$/],
  ["kzonecheck", (zone: string, path: string) => ["-o", zone, path], /^$/],
  ["nsd-checkzone", (zone: string, path: string) => [zone, path], /^zone [\w.]+ is ok\n$/],
] as const;

async function expectLoaded(zone: string, text: string, ...bindOptions: string[]): Promise<void> {
  const path = file("zone", text);
  for (const [tool, argsOf, verdict] of CHECKERS) {
    const options = tool === "named-checkzone" ? bindOptions : [];
    const { status, stdout, stderr } = await run(tool, [...options, ...argsOf(zone, path)]);
    expect([tool, status, stdout + stderr]).toEqual([tool, 0, expect.stringMatching(verdict)]);
  }
}

describe("mesos-dns zone", () => {
  it.each([
    ["mesos", {}],
    ["dc1.example", { domain: "dc1.example", ttl: 0, SOAMname: "ns.dc1.example", SOARname: "dns.admin@example.com" }],
    ["mesos", { SOAMname: "ns.example.net", enforceRFC952: true, listener: "192.0.2.53" }],
  ])("prints a zone that BIND, Knot and NSD load without a word: %s %o", async (zone, config) => {
    const state = file("state.json", JSON.stringify(STATE));
    const args = ["--state", state, "--config", file("config.json", JSON.stringify(config))];
    const { status, stdout, stderr } = await runProgram("zone", ...args);
    expect([status, stderr]).toEqual([0, ""]);
    await expectLoaded(zone, stdout);
  });

  it("escapes what has a meaning in zone files", async () => {
    const { status, stdout } = await runProgram("zone", "--state", file("odd.json", JSON.stringify(ODD_STATE)));
    expect(status).toBe(0);
    // BIND knows what host names look like; these do not, and nobody but their owners has to like them.
    await expectLoaded("mesos", stdout, "-k", "ignore");
    expect(stdout).toContain("a\\032b.marathon.mesos.\tIN\tA\t192.0.2.10\n");
    expect(stdout).not.toMatch(/^\*/m);
  });

  it("is the same for the same state, but for the serial", async () => {
    const state = file("state.json", JSON.stringify(STATE));
    const [first, second] = [await runProgram("zone", "--state", state), await runProgram("zone", "--state", state)];
    const withoutSerial = (text: string) => text.replace(/(\tSOA\t\S+ \S+) \d+/, "$1");
    expect(withoutSerial(first.stdout)).toBe(withoutSerial(second.stdout));
  });

  it("has the names of virtual addresses and of Consul, where they are served", async () => {
    const labels = { labels: [{ key: "VIP_0", value: "/web:80" }] };
    const discovery = { name: "web", ports: { ports: [{ number: 31_000, protocol: "tcp", labels }] } };
    const extra = { labels: [{ key: "SERVICE_NAME", value: "shop" }], discovery };
    const web = task("web", { agent: "S0", ip: ["192.0.2.10"], ports: [31_000], extra });
    const tasks = cluster({ agents: AGENTS, frameworks: [framework("marathon", { tasks: [web] })] });
    const state = file("consul.json", JSON.stringify(stateOf(LEADER, tasks)));
    const config = file("names.json", JSON.stringify({ consul: { enabled: true }, vips: { names: true } }));
    const printed = async (zone: string) => {
      const { stdout } = await runProgram("zone", "--state", state, "--config", config, "--zone", zone);
      return stdout;
    };
    expect(await printed("consul")).toContain("shop.service.consul.\tIN\tSRV\t1 1 31000 c000020a.addr.dc1.consul.\n");
    expect(await printed("l4lb.thisdcos.directory")).toMatch(/^web\.marathon\.l4lb\S*\s.*\sA\s11\./m);
  });

  it("says on standard error what is left out", async () => {
    const lost = framework("marathon", { tasks: [task("lost", { id: "lost.1", agent: "S9" })] });
    const state = file("lost.json", JSON.stringify(stateOf(LEADER, cluster({ frameworks: [lost] }))));
    const { status, stderr } = await runProgram("zone", "--state", state);
    expect([status, stderr]).toEqual([0, "left out: task lost.1: its agent agents-S9 is not in the state\n"]);
  });

  it.each([
    ["is not there", () => join(folder, "absent.json")],
    ["is cut off", () => file("cut.json", JSON.stringify(STATE).slice(0, 500))],
    ["is something else", () => file("other.json", "[1]")],
  ])("a state that %s is one sentence", async (_, state) => {
    const { status, stdout, stderr } = await runProgram("zone", "--state", state());
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^mesos-dns: cannot read the state in \S+ \([^\n]*\): give the body of [^\n]*\/state\n$/);
  });

  it("stops quietly when its reader has seen enough", async () => {
    const many = Array.from({ length: 3000 }, (_, i) => task(`task-${i}`, { agent: "S0", ports: [31000] }));
    const big = cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: many })] });
    const state = file("big.json", JSON.stringify(stateOf(LEADER, big)));
    const child = spawn(process.execPath, [PROGRAM, "zone", "--state", state], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.stdout.once("data", () => child.stdout.destroy());
    await once(child, "close");
    expect(stderr).toBe("");
  });
});
