import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { freePort, runProgram, Server } from "../support/server.js";
import { run } from "../support/tools.js";

const folder = mkdtempSync(join(tmpdir(), "mesos-dns-check-"));
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CERTIFICATE = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

async function certify(name: string): Promise<void> {
  const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), "-subj", "/CN=ns1.example.com"];
  const { status, stderr } = await run("openssl", [...CERTIFICATE, ...out, "-days", "2"]);
  if (status !== 0) throw new Error(stderr);
}

/** A certificate of yesterday: signed by its own key, as openssl's authority does it, which can be told the dates. */
async function expire(name: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file(`${name}.key`)];
  await run("openssl", ["req", "-new", ...key, "-out", file("request"), "-subj", "/CN=ns1.example.com"]);
  writeFileSync(file("index"), "");
  writeFileSync(file("serial"), "01\n");
  const authority = `[ca]\ndefault_ca = own\n[own]\ndatabase = ${file("index")}\nserial = ${file("serial")}\nnew_certs_dir = ${folder}\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n`;
  writeFileSync(file("authority"), authority);
  const dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"];
  const files = ["-in", file("request"), "-out", file(`${name}.pem`), "-keyfile", file(`${name}.key`)];
  const { status, stderr } = await run("openssl", [
    ...["ca", "-batch", "-selfsign", "-notext", "-config", file("authority")],
    ...[...dates, ...files],
  ]);
  if (status !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  await certify("good");
  await certify("other");
  await expire("old");
});

const BASE = { masters: ["192.0.2.1:5050"], listener: "127.0.0.1", httplistener: "127.0.0.1", externalon: false };
const tls = (cert: string, key = cert) => ({ tlsCertFile: file(`${cert}.pem`), tlsKeyFile: file(`${key}.key`) });

async function check(config: object): Promise<{ status: number | null; stderr: string }> {
  writeFileSync(file("config.json"), JSON.stringify({ ...BASE, ...config }));
  return runProgram("--check", `-config=${file("config.json")}`);
}

describe("--check finds before the start", () => {
  it.each([
    ["servers that collide", { port: 8123 }, /httpport: got 8123; allowed: another port than port, .* at 127\.0\.0\.1/],
    [
      "an address of another machine",
      { listener: "192.0.2.1" },
      /: listener: 192\.0\.2\.1 is not an address of this machine/,
    ],
    [
      "an address of another machine for HTTP",
      { httplistener: "192.0.2.1" },
      /: httplistener: 192\.0\.2\.1 is not an address/,
    ],
    ["a certificate that is not there", tls("absent"), /cannot read tlsCertFile .*absent\.pem/],
    ["a key of another certificate", tls("good", "other"), /cannot be used \(the key belongs to another certificate\)/],
    [
      "a certificate that has run out",
      tls("old"),
      /tlsCertFile .*old\.pem has run out at 2020-02-01T00:00:00\.000Z: renew/,
    ],
    [
      "a client certificate that has run out",
      { CertFile: file("old.pem"), KeyFile: file("old.key") },
      /in CertFile .* has run out/,
    ],
    [
      "an authority of secondaries that has run out",
      { ...tls("good"), transferClientCAFile: file("old.pem") },
      /in transferClientCAFile .*old\.pem has run out/,
    ],
    ["a stateDir in a folder that is not there", { stateDir: "/nonexistent/zone" }, /stateDir \/nonexistent\/zone \(/],
    [
      "a stateDir that is a file",
      { stateDir: file("config.json") },
      /cannot be saved in stateDir .* \(it is no folder\)/,
    ],
    [
      "a stateDir below a file",
      { stateDir: join(file("config.json"), "zone") },
      /cannot be saved in stateDir .*ENOTDIR/,
    ],
    [
      "a query log in a folder that is not there",
      { queryLog: { format: "json", file: "/nonexistent/queries.json" } },
      /cannot be logged in queryLog\.file \/nonexistent\/queries\.json \(.*ENOENT/,
    ],
    [
      "a query log below a file",
      { queryLog: { format: "dnstap", file: join(file("config.json"), "queries.dnstap") } },
      /cannot be logged in queryLog\.file .* \(it is no folder\)/,
    ],
    ["authorities of resolvers that are none", { resolverCACertFile: file("config.json") }, /cannot be used/],
    [
      "authorities of secondaries that are none",
      { transferClientCAFile: file("config.json") },
      /transferClientCAFile .* cannot be used/,
    ],
    [
      "an address of another machine to tell changes from",
      { notifySource: "192.0.2.1" },
      /: notifySource: 192\.0\.2\.1 is not an address of this machine/,
    ],
    [
      "a file of keys that has none",
      { tsigKeyFile: file("config.json") },
      /tsigKeyFile .*, line 1: allowed: key "NAME"/,
    ],
  ])("%s", async (_, config, problem) => {
    const { status, stderr } = await check(config);
    expect(stderr).toMatch(problem);
    expect(status).toBe(1);
  });

  it("all of it at once", async () => {
    const { stderr } = await check({ ...tls("old"), stateDir: "/nonexistent/zone", listener: "192.0.2.1" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(3);
  });

  it("all of it at once, also what stands behind a file that is not there, and the warnings", async () => {
    const absent = {
      ...tls("absent"),
      resolverCACertFile: "/nonexistent/ca.pem",
      CACertFile: "/nonexistent/masters.pem",
    };
    const listeners = { listener: ["127.0.0.1", "192.0.2.1"], httplistener: "192.0.2.1" };
    const { stderr } = await check({ ...absent, ...listeners, stateDir: "/nonexistent/zone", surplus: 1 });
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^warning: .*surplus/),
      expect.stringMatching(/CACertFile cannot be read: .*masters\.pem/),
      expect.stringMatching(/cannot read tlsCertFile .*absent\.pem/),
      expect.stringContaining("cannot read resolverCACertFile /nonexistent/ca.pem"),
      expect.stringContaining("listener and httplistener: 192.0.2.1 is not an address of this machine"),
      expect.stringContaining("cannot be saved in stateDir /nonexistent/zone"),
    ]);
  });

  it("nothing but advice where a secondary would wait long", async () => {
    const { stderr, status } = await check({ notify: ["192.0.2.54"] });
    expect(stderr).toMatch(/^warning: SOARetry is 600, longer than SOARefresh.*\n$/);
    expect(status).toBe(0);
  });

  it("advice where the primary's name has no address", async () => {
    const nameServers = [{ name: "ns2", addresses: ["192.0.2.54"] }];
    const { stderr, status } = await check({ nameServers });
    expect(stderr).toMatch(/^warning: SOAMname is ns1\.mesos, which is in mesos and has no address there.*\n$/);
    expect(status).toBe(0);
    for (const SOAMname of ["ns2.mesos", "ns1.example.com"])
      expect(await check({ nameServers, SOAMname })).toMatchObject({ status: 0, stderr: "" });
  });

  it("warnings beside faults in keys", async () => {
    const { stderr, status } = await check({ ttl: "60", port: -1, surplus: 1 });
    expect(stderr).toMatch(/^warning: .*surplus.*\nmesos-dns: .* has 2 faults:\n/);
    expect(status).toBe(1);
  });

  it("nothing where all is well, with the ports in use", async () => {
    const server = await startServer([await startMaster(webAt("203.0.113.1"))]);
    const { status, stderr } = await check({ ...tls("good"), stateDir: file("zone"), port: server.port });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

it("a server starts with an old certificate and without a place for its zone, and says both", async () => {
  const [tlsPort, port] = [await freePort(), await freePort()];
  const config = { ...tls("old"), tlsPort, port, stateDir: "/nonexistent/zone" };
  const server = await startServer([await startMaster(webAt("203.0.113.1"))], config);
  expect((await askUdp(server, "web.marathon.mesos")).answers).toHaveLength(1);
  const codes = server.log.filter(({ level }) => level === "error").map(({ code }) => code);
  expect(codes.slice(0, 2)).toEqual(["CERTIFICATE_EXPIRED", "ZONE_FILE_UNWRITABLE"]);
});

it("a server that would collide with itself does not start, and says what --check says", async () => {
  const port = await freePort();
  const server = Server.launch({ ...BASE, port, httpport: port });
  expect(await server.exited).toBe(1);
  expect(server.stderr).toContain(`httpport: got ${port}; allowed: another port than port`);
});

it.each(["batch", "dgram"])(
  "listeners at all addresses of both families are two, by the engine %s",
  async (udpEngine) => {
    const config = { listener: ["0.0.0.0", "127.0.0.1", "::"], udpEngine };
    const server = await startServer([await startMaster(webAt("203.0.113.1"))], config);
    for (const host of ["127.0.0.1", "::1"])
      expect((await askUdp({ host, port: server.port }, "web.marathon.mesos")).answers).toHaveLength(1);
  },
);
