import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { toMasterFile } from "../../../src/zone/master-file.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { builderOf } from "../build/support.js";
import { configOf } from "../config/support.js";
import { FULL, stateFrom } from "../sources/mesos/live/support.js";

/** The records of a zone under this configuration, as a master file has them. */
async function zoneOf(name: string, keys: object): Promise<readonly string[]> {
  const builder = builderOf(keys);
  const { update } = await builder.build(stateFrom(FULL).cluster, []);
  if (!update) throw new Error("nothing was built");
  const snapshot = Snapshot.empty(update.apexes).with(update);
  const lines = [...toMasterFile(snapshot, snapshot.indexOf(name))].join("").trimEnd().split("\n");
  return lines.map((line) => line.replaceAll("\t", " ")).filter((line) => !/ SOA |^\$|^;/.test(line));
}

const idOf = (wire: string) => createHash("sha1").update(Buffer.from(wire, "latin1")).digest("hex");

test("the catalogue zone lists all other zones that have an apex", async () => {
  const keys = { catalogZone: "catalog.example", dcosNames: true, reverseZones: ["10.0.0.0/8"] };
  expect(new Set(await zoneOf("catalog.example", keys))).toEqual(
    new Set([
      "catalog.example. IN NS invalid.",
      'version.catalog.example. IN TXT "2"',
      `${idOf("\x05mesos\0")}.zones.catalog.example. IN PTR mesos.`,
      `${idOf("\x08thisdcos\x09directory\0")}.zones.catalog.example. IN PTR thisdcos.directory.`,
      `${idOf("\x0210\x07in-addr\x04arpa\0")}.zones.catalog.example. IN PTR 10.in-addr.arpa.`,
    ]),
  );
});

test("there is none by default", () => {
  expect(configOf().catalogZone).toBe("");
});

test("name servers are listed at the apex of each zone, and have addresses where they are inside the domain", async () => {
  const nameServers = [{ name: "ns2", addresses: ["192.0.2.2", "2001:db8::2"] }, "ns1.example.com"];
  const zone = await zoneOf("mesos", { nameServers });
  expect(zone.filter((line) => / NS /.test(line))).toEqual([
    "mesos. IN NS ns1.example.com.",
    "mesos. IN NS ns2.mesos.",
  ]);
  expect(zone.filter((line) => line.startsWith("ns"))).toEqual([
    "ns2.mesos. IN A 192.0.2.2",
    "ns2.mesos. IN AAAA 2001:db8::2",
  ]);
});

test("addresses in a reverse zone point back from that zone, and others by themselves", async () => {
  const zone = await zoneOf("10.in-addr.arpa", { reverseZones: ["10.0.0.0/8"] });
  expect(zone.filter((line) => / NS /.test(line))).toEqual(["10.in-addr.arpa. IN NS ns1.mesos."]);
  for (const line of zone.slice(1)) expect(line).toMatch(/\.10\.in-addr\.arpa\. IN PTR /);
});
