import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { extendedErrors, lines } from "../support/dns.js";
import { startMaster, startServer, web, webAt } from "../support/scenario.js";
import { freePort, type Server } from "../support/server.js";
import { until } from "../support/wait.js";

let stateDir: string;
beforeEach(({ onTestFinished }) => {
  stateDir = mkdtempSync(join(tmpdir(), "mesos-dns-restart-"));
  // Behind the servers' end: they save their zone until then.
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
});

async function serialOf(server: Server): Promise<number> {
  const { answers } = await askUdp(server, "mesos", { type: "SOA" });
  const [soa] = (answers ?? []) as unknown as [{ data: { serial: number } }];
  return soa.data.serial;
}

/** A server that served web.marathon.mesos once and has been stopped; the serial it had. */
async function served(address: string): Promise<number> {
  const master = await startMaster(webAt("192.0.2.9"));
  const server = await startServer([master], { stateDir });
  master.lead(webAt(address));
  await until("the address", async () => (await web(server)) === address);
  const serial = await serialOf(server);
  await server.stop();
  master.stop();
  return serial;
}

it("after a restart without a master the last zone is served, and said to be old, until one answers", async () => {
  const before = await served("192.0.2.10");
  const port = await freePort();
  const server = await startServer([{ address: `127.0.0.1:${port}` }], { stateDir }, { until: "listening" });
  const answer = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
  expect([lines(answer.answers), extendedErrors(answer)]).toEqual([["web.marathon.mesos 60 A 192.0.2.10"], [3]]);
  const absent = await askUdp(server, "nobody.marathon.mesos", { edns: 1232 });
  expect([absent.rcode, extendedErrors(absent)]).toEqual(["NXDOMAIN", [19]]);
  expect(await serialOf(server)).toBeGreaterThan(before);
  const readiness = await server.fetch("/readyz");
  expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining("ago is served")]);
  expect(await server.metric("mesos_dns_snapshot_age_seconds")).toBeGreaterThan(0);
  expect(await server.json("/v1/hosts/web.marathon.mesos")).toEqual([
    { host: "web.marathon.mesos.", ip: "192.0.2.10" },
  ]);

  await startMaster(webAt("192.0.2.11"), { port });
  await until("the new address", async () => (await web(server)) === "192.0.2.11");
  const fresh = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
  expect(extendedErrors(fresh)).toEqual([]);
  expect((await server.fetch("/readyz")).status).toBe(200);
});

it("the serial does not go back over a restart, however often the zone changed", async () => {
  const before = await served("192.0.2.10");
  const master = await startMaster(webAt("192.0.2.10"));
  const server = await startServer([master], { stateDir });
  expect(await serialOf(server)).toBeGreaterThan(before);
});

it("a saved zone that is damaged, or another domain's, is refused with a line, and costs nothing else", async () => {
  await served("192.0.2.10");
  const master = await startMaster(webAt("192.0.2.11"));
  const other = await startServer([master], { stateDir, domain: "other" });
  await other.logged(/^the zone saved in .* cannot be served: it was written under another configuration/);
  await other.stop();
  writeFileSync(join(stateDir, "last-zone"), "nonsense");
  const server = await startServer([master], { stateDir });
  await server.logged(/^the zone saved in .* cannot be served/);
  expect(await web(server)).toBe("192.0.2.11");
});
