import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dig } from "../support/digs.js";
import { webAt } from "../support/scenario.js";
import { ScriptedMaster } from "../support/scripted-master.js";
import {
  CHECK_KEY,
  checkedConfigFor,
  contentOf,
  portsFor,
  Secondary,
  type SecondaryName,
  transfersOf,
} from "../support/secondaries.js";
import { Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Real secondaries have wildcards, aliases, delegations and what policies leave, and follow each change of them. */

const NAMES = ["Knot", "NSD", "BIND"] as const satisfies readonly SecondaryName[];
const EDGE = "edge.example.com";
const a = (name: string, ...value: string[]) => ({ name, type: "A", value });

const weighted = (weight: number) => ({
  name: `public.${EDGE}.`,
  type: "A",
  policy: "weighted",
  ttl: 5,
  values: [
    { value: "192.0.2.10", weight },
    { value: "192.0.2.11", weight: 10 },
    { value: "192.0.2.99", weight: 0 },
  ],
});
const failover = {
  name: `api.${EDGE}.`,
  type: "A",
  policy: "failover",
  values: [{ value: "192.0.2.21" }, { value: "192.0.2.20" }],
};
const FIXED = [
  { ...a("*.lb", "192.0.2.80", "192.0.2.81"), ttl: 30 },
  { name: "ftp", type: "CNAME", value: "www.example.org." },
  {
    name: "mesos.",
    type: "MX",
    value: [
      { preference: 10, exchange: "mx" },
      { preference: 20, exchange: "mx.example.net." },
    ],
  },
  { name: "mesos.", type: "CAA", value: { flags: 0, tag: "issue", value: "ca.example" } },
  a("mx", "192.0.2.25"),
  { name: "text", type: "TXT", value: ['"quoted"', "x".repeat(700)] },
  { name: "_db._tcp", type: "SRV", value: { priority: 1, weight: 5, port: 5432, target: "mx" } },
  { name: "sub", type: "NS", value: ["ns1.sub", "ns.example.net."] },
  a("ns1.sub", "192.0.2.54"),
];
const BEFORE = [...FIXED, a("www", "192.0.2.1"), weighted(10), failover];
const AFTER = [
  ...FIXED.slice(1),
  { name: "*.lb", type: "CNAME", value: "mx" },
  { name: "marathon", type: "NS", value: "ns.example.net." },
  { ...a("www", "192.0.2.1"), ttl: 7 },
  weighted(0),
  failover,
];

let master: ScriptedMaster;
let server: Server;
let config: Readonly<Record<string, unknown>>;
const secondaries = new Map<SecondaryName, Secondary>();

beforeAll(async () => {
  master = await ScriptedMaster.start();
  master.lead(webAt("203.0.113.1"));
  const ports = await portsFor(NAMES);
  config = { masters: [master.address], staticZones: [EDGE], ...checkedConfigFor(ports) };
  server = await Server.start({ ...config, records: BEFORE });
  for (const name of NAMES) {
    const secondary = new Secondary(name, ports[name]);
    await secondary.configure([server]);
    secondary.run();
    secondaries.set(name, secondary);
  }
}, 60_000);
afterAll(async () => {
  for (const secondary of secondaries.values()) await secondary.stop();
  await server.stop();
  await master.stop();
});

const of = (name: SecondaryName) => secondaries.get(name) as Secondary;
const own = (zone: string) => contentOf(server, zone, ...CHECK_KEY);

async function haveTheSame(name: SecondaryName): Promise<void> {
  for (const zone of ["mesos", EDGE]) {
    await of(name).caughtUp(server, zone);
    expect(await of(name).content(zone)).toEqual(await own(zone));
  }
}

describe("real secondaries", () => {
  it("are given what policies leave: no weight of 0 beside others, and no spare", async () => {
    const ofPolicies = (await own(EDGE)).filter((line) => / a /.test(line));
    expect(ofPolicies).toEqual([
      "api.edge.example.com. 60 in a 192.0.2.21",
      "public.edge.example.com. 5 in a 192.0.2.10",
      "public.edge.example.com. 5 in a 192.0.2.11",
    ]);
    expect(server.log.some(({ msg }) => msg.includes("policies do not transfer"))).toBe(true);
  });

  it.each(NAMES)("%s has what the server has", haveTheSame);

  it("follow a change by differences alone", async () => {
    // One for each secondary, and one for each comparison.
    const before = 2 * NAMES.length;
    await until("the transfers are counted", async () => (await transfersOf(server, "axfr")) === before);
    await server.reload({ ...config, records: AFTER });
    await until("the change", async () => (await dig(server, "x.lb.mesos")).answer[0]?.includes("CNAME"));
    for (const name of NAMES) await of(name).caughtUp(server);
    await until("the differences are counted", async () => (await transfersOf(server, "ixfr")) === NAMES.length);
    expect(await transfersOf(server, "axfr")).toBe(before);
    for (const name of NAMES) await haveTheSame(name);
    // What is below a delegated name is not this zone's any more.
    expect((await own("mesos")).filter((line) => line.includes("web.marathon.mesos. "))).toEqual([]);
    expect((await own(EDGE)).filter((line) => line.startsWith("public"))).toEqual([
      "public.edge.example.com. 5 in a 192.0.2.11",
    ]);
  });
});
