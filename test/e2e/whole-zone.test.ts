import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { motleyCluster } from "../support/motley-cluster.js";
import { printedZone } from "../support/printed-zone.js";
import { ScriptedMaster, stateOf } from "../support/scripted-master.js";
import { CHECK, CHECK_KEY, contentOf, sorted } from "../support/secondaries.js";
import { Server } from "../support/server.js";
import { run } from "../support/tools.js";

/** What BIND's dig gets of a zone that has everything is what BIND reads in the zone file that the server prints. */

const LONG = `${"l".repeat(63)}.${"m".repeat(63)}.${"n".repeat(63)}.${"o".repeat(40)}`;
const RECORDS = [
  { name: "*.lb", type: "A", value: ["192.0.2.80", "192.0.2.81"], ttl: 30 },
  { name: "*.lb", type: "TXT", value: ['"quoted" \\ ; and more', "x".repeat(700)] },
  { name: "ftp", type: "CNAME", value: "www.example.org." },
  { name: "here", type: "CNAME", value: "mx" },
  { name: "mesos.", type: "MX", value: [10, 20].map((preference) => ({ preference, exchange: `mx${preference}` })) },
  { name: "mesos.", type: "CAA", value: { flags: 0, tag: "issue", value: "ca.example" } },
  { name: "mx", type: "AAAA", value: ["2001:db8::25", "2001:db8::26"] },
  { name: "_db._tcp", type: "SRV", value: { priority: 1, weight: 5, port: 5432, target: "mx" } },
  { name: "sub", type: "NS", value: ["ns1.sub", "ns.example.net."] },
  { name: "ns1.sub", type: "A", value: "192.0.2.54" },
  { name: LONG, type: "A", value: "192.0.2.55" },
  { name: `p.${LONG.slice(3)}`, type: "CNAME", value: `${LONG}.mesos.` },
  // More than one chunk of messages.
  ...Array.from({ length: 800 }, (_, i) => ({ name: `text${i}.many`, type: "TXT", value: `${i}`.repeat(250 / 3) })),
];

let folder: string;
let master: ScriptedMaster;
let server: Server;
const cluster = motleyCluster(20_260_301);
const CONFIG = { listener: "127.0.0.1", externalon: false, records: RECORDS };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-whole-"));
  master = await ScriptedMaster.start();
  master.lead(cluster);
  server = await Server.start({
    ...CONFIG,
    masters: [master.address],
    tsigKeys: [CHECK],
    allowTransfer: ["127.0.0.1", `key:${CHECK.name}`],
  });
}, 60_000);
afterAll(async () => {
  await server.stop();
  await master.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a whole zone", () => {
  it.each([
    ["without a signature", []],
    ["with signatures", CHECK_KEY],
  ])("has each record once, %s", async (_, how) => {
    const config = { ...CONFIG, masters: [master.address] };
    const file = join(folder, "zone");
    writeFileSync(file, await printedZone(config, stateOf(master, cluster)));
    const words = ["-q", "-i", "none", "-k", "ignore", "-n", "ignore", "-o", "-", "mesos", file];
    const { status, stdout, stderr } = await run("named-compilezone", words);
    expect([status, stderr]).toEqual([0, ""]);
    const records = sorted(stdout);
    expect(records.length).toBeGreaterThan(2_000);
    expect(await contentOf(server, "mesos", ...how)).toEqual(records);
  });
});
