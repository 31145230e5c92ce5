import { expect, it, onTestFinished } from "vitest";
import { startMaster, webAt } from "../support/scenario.js";
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
