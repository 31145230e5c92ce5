import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { extendedErrors, lines } from "../support/dns.js";
import { becomesReady, growth, startMaster, startServer, web, webAt } from "../support/scenario.js";
import { agent, cluster, framework } from "../support/scripted-master.js";
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
  // What was served when the server stopped is the same version.
  expect(await serialOf(server)).toBe(before);
  const readiness = await server.fetch("/readyz");
  expect([readiness.status, await readiness.text()]).toEqual([503, expect.stringContaining("ago is served")]);
  expect(await server.metric("mesos_dns_snapshot_age_seconds")).toBeGreaterThan(0);
  expect(await server.json("/v1/hosts/web.marathon.mesos")).toEqual([
    { host: "web.marathon.mesos.", ip: "192.0.2.10" },
  ]);

  await startMaster(webAt("192.0.2.11"), { port });
  // The threads learn of the new zone and of its age one after the other.
  await until("the new address, as a fresh one", async () => {
    const fresh = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
    return extendedErrors(fresh).length === 0 && lines(fresh.answers)[0] === "web.marathon.mesos 60 A 192.0.2.11";
  });
  await becomesReady(server);
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

describe("the cluster saved with the zone", () => {
  const nobody = (id: string) => ({ id, ...cluster({}) });

  it("is kept while the next leader has not heard of it, though no longer as old, and but for what has ended", async () => {
    await served("192.0.2.10");
    const port = await freePort();
    const server = await startServer([{ address: `127.0.0.1:${port}` }], { stateDir }, { until: "listening" });
    const master = await startMaster(nobody("m2"), { port });
    await server.logged(/^the records of 1 tasks stay/);
    const answer = await askUdp(server, "web.marathon.mesos", { edns: 1232 });
    expect([lines(answer.answers), extendedErrors(answer)]).toEqual([["web.marathon.mesos 60 A 192.0.2.10"], []]);
    const ready = await server.fetch("/readyz");
    expect([ready.status, await ready.text()]).toEqual([200, expect.stringContaining("the records of 1 tasks stay")]);
    master.lead({ id: "m2", ...cluster({ agents: [agent("S0")] }) });
    await growth(server, "mesos_dns_state_fetches_total", 2);
    expect(await web(server)).toBe("192.0.2.10");
    master.lead({ id: "m2", ...cluster({ agents: [agent("S0")], frameworks: [framework("marathon")] }) });
    await until("the task that ended", async () => (await web(server)) === "NXDOMAIN");
  });

  it("is kept over several restarts in a row", async () => {
    await served("192.0.2.10");
    for (const id of ["m2", "m3"]) {
      const master = await startMaster(nobody(id));
      const server = await startServer([master], { stateDir });
      expect(await web(server)).toBe("192.0.2.10");
      await server.stop();
    }
  });

  it.each([
    ["has another form", true, /^the cluster that is saved with the zone cannot be read, line 1: /],
    ["has been changed", false, /^the cluster that is saved with the zone cannot be read: a checksum is wrong/],
  ])("that %s costs a line, and nothing that was served", async (_, isSealed, expected) => {
    await served("192.0.2.10");
    const file = join(stateDir, "last-zone");
    const octets = readFileSync(file);
    const at = octets.lastIndexOf('{"leader"');
    octets.write("lxxder", at + 2);
    if (isSealed) octets.writeUInt32BE(crc32(octets.subarray(at, -4)), octets.length - 4);
    writeFileSync(file, octets);
    const address = `127.0.0.1:${await freePort()}`;
    const server = await startServer([{ address }], { stateDir }, { until: "listening" });
    const line = await server.logged(expected);
    expect([line.code, line.level]).toEqual(["ZONE_FILE_DAMAGED", "error"]);
    expect(await web(server)).toBe("192.0.2.10");
  });
});
