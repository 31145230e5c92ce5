import { expect, it, onTestFinished } from "vitest";
import { dig } from "../support/digs.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { configFor, contentOf, keyOf, portsFor, Secondary, signedBy } from "../support/secondaries.js";
import { Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Real secondaries take the catalogue (RFC 9432), and with it zones that are added later, without being touched. */

const CATALOG = "catalog.mesos";
const REVERSE = "113.0.203.in-addr.arpa";

/** The lines of `transfer-config`, with the catalogue in place of the zones, as their comments say. */
const BY_CATALOG = {
  Knot: (lines: string) =>
    lines.replace(/^ {2}- domain: .*\n {4}template: mesos-dns\n/gm, "").replace(/^#( {2,4}\S.*)$/gm, "$1"),
  BIND: (lines: string) =>
    lines
      .replace(/^\/\/ +(catalog-zones .*)$/m, "$1")
      .replace('zone "mesos" {', `zone "${CATALOG}" {`)
      .replace('file "mesos.raw"', `file "${CATALOG}.raw"`),
};

it.each(["Knot", "BIND"] as const)(
  "%s takes a zone that is added to the catalogue, and drops it again",
  async (name) => {
    const master = await startMaster();
    master.leadWithEvents(webAt("203.0.113.1"));
    const ports = await portsFor([name]);
    const config = {
      masters: [master.address],
      refreshSeconds: 3600,
      catalogZone: CATALOG,
      ...configFor({ [name]: ports[name] }),
    };
    const server = await Server.start(config);
    const secondary = new Secondary(name, ports[name]);
    onTestFinished(async () => {
      await secondary.stop();
      await server.stop();
    });
    await secondary.configure([server], BY_CATALOG[name]);
    secondary.run();
    const own = (zone: string) => contentOf(server, zone, ...signedBy(keyOf(name)));
    const hasAll = async (zone: string) => {
      const [here, there] = [await own(zone), await secondary.content(zone)];
      return here.length > 0 && JSON.stringify(here) === JSON.stringify(there);
    };
    await until("the domain", () => hasAll("mesos"));
    expect(await secondary.content(REVERSE)).toEqual([]);

    await server.reload({ ...config, reverseZones: ["203.0.113.0/24"] });
    await until("the added zone", () => hasAll(REVERSE));

    await server.reload(config);
    await until("its end", async () => (await secondary.content(REVERSE)).length === 0);
    expect(await hasAll("mesos")).toBe(true);
  },
  60_000,
);

it("has its names for itself, whatever frameworks and tasks are called", async () => {
  const tasks = [task("web", { agent: "S0", ip: "203.0.113.1", ports: [31000] })];
  const named = [CATALOG.split(".")[0], `zones.catalog`, "marathon"].map((name) => framework(name, { tasks }));
  const server = await startServer([await startMaster(cluster({ agents: [agent("S0")], frameworks: named }))], {
    catalogZone: CATALOG,
  });
  expect((await dig(server, CATALOG, "SOA")).answer[0]).toMatch(/^catalog\.mesos 60 SOA /);
  expect((await dig(server, CATALOG, "A")).answer).toEqual([]);
  expect((await dig(server, `version.${CATALOG}`, "TXT")).answer).toEqual([`version.${CATALOG} 60 TXT "2"`]);
  for (const name of [`web.${CATALOG}`, `_web._tcp.${CATALOG}`, `web.zones.${CATALOG}`]) {
    const { status, authority } = await dig(server, name, "ANY");
    expect([status, authority[0]]).toEqual(["NXDOMAIN", expect.stringMatching(/^catalog\.mesos 60 SOA /)]);
  }
  // Those of its agent are not in the way.
  expect((await dig(server, "web.catalog.slave.mesos")).answer).toEqual(["web.catalog.slave.mesos 60 A 192.0.2.10"]);
  expect((await dig(server, "web.marathon.mesos")).answer).toEqual(["web.marathon.mesos 60 A 203.0.113.1"]);
  const pointed = await dig(server, "1.113.0.203.in-addr.arpa", "PTR");
  expect(pointed.answer.join()).not.toContain(CATALOG);
  expect(await server.metric('mesos_dns_skipped{kind="framework",reason="invalid_name"}')).toBe(2);
});
