import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { growth, startMaster, startServer, web, webAt } from "../support/scenario.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

const GOOD = webAt("203.0.113.1");

describe("a master that speaks TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-tls-"));
  const file = (name: string) => join(folder, name);
  const pem = (name: string) => readFileSync(file(name), "utf8");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const openssl = async (...args: string[]) => {
    const { status, stderr } = await run("openssl", args);
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  };
  const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

  async function authority(name: string): Promise<void> {
    const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
    await openssl("req", "-x509", ...KEY, ...out, "-days", "2", "-subj", `/CN=${name}`);
  }

  /** A key and a certificate that `ca` signed. */
  async function certificate(name: string, ca: string): Promise<void> {
    const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
    const signed = ["-CA", file(`${ca}.pem`), "-CAkey", file(`${ca}.key`), "-days", "2", "-subj", `/CN=${name}`];
    const san = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
    await openssl("req", "-x509", ...KEY, ...out, ...signed, ...san);
  }

  beforeAll(async () => {
    await authority("ca");
    await authority("stranger");
    await certificate("master", "ca");
    await certificate("client", "ca");
  });

  const tls = () => ({ key: pem("master.key"), cert: pem("master.pem"), ca: pem("ca.pem") });
  const client = { CertFile: file("client.pem"), KeyFile: file("client.key") };

  it("is followed with its authority and a client certificate", async () => {
    const master = await startMaster(GOOD, { tls: tls() });
    const server = await startServer([master], { mesosHTTPSOn: true, CACertFile: file("ca.pem"), ...client });
    expect(await web(server)).toBe("203.0.113.1");
    expect(server.troubles()).toEqual([]);
  });

  it.each([
    ["whose authority is not known", { CACertFile: file("stranger.pem"), ...client }, /certificate is not accepted/],
    ["whose authority is not named", client, /certificate is not accepted.* check CACertFile/],
    ["that is shown no client certificate", { CACertFile: file("ca.pem") }, /cannot reach/],
  ])("and %s is an error that says so", async (_, config, why) => {
    const master = await startMaster(GOOD, { tls: tls() });
    const server = await startServer([master], { mesosHTTPSOn: true, ...config }, { until: "listening" });
    const line = await server.logged(/^cannot get the Mesos state/);
    expect([line.code, line.msg]).toEqual(["MASTER_UNREACHABLE", expect.stringMatching(why)]);
    expect(master.requests).toEqual([]);
  });
});

describe("a master that wants a login", () => {
  const basic = { mesosAuthentication: "basic", mesosCredentials: { principal: "mesos-dns", secret: "open sesame" } };

  it("gets principal and secret, and so does the leader it redirects to", async () => {
    const [first, leader] = [await startMaster(), await startMaster(GOOD)];
    first.redirectTo(leader);
    for (const master of [first, leader]) master.requireBasic("mesos-dns", "open sesame");
    const server = await startServer([first], basic);
    expect(await web(server)).toBe("203.0.113.1");
    expect(server.troubles()).toEqual([]);
  });

  it("can have the secret from the environment, and nobody gets to read it", async () => {
    const master = await startMaster(GOOD);
    master.requireBasic("mesos-dns", "from elsewhere");
    const env = { MESOS_DNS_MESOSCREDENTIALS_SECRET: "from elsewhere" };
    const server = await startServer([master], basic, { env, args: ["-v=2"] });
    expect(await web(server)).toBe("203.0.113.1");
    const shown = (await (await server.fetch("/v1/config")).text()) + server.stderr;
    expect(shown).toContain("[hidden]");
    expect(shown).not.toMatch(/from elsewhere|open sesame/);
  });

  it("refuses a wrong one: the error says what to check, and does not repeat the secret", async () => {
    const master = await startMaster(GOOD);
    master.requireBasic("mesos-dns", "another");
    const server = await startServer([master], basic, { until: "listening" });
    const { code, msg } = await server.logged(/^cannot get the Mesos state/);
    expect([code, msg]).toEqual(["MASTER_STATUS", expect.stringMatching(/answered 401; check mesosAuthentication/)]);
    await growth(server, 'mesos_dns_state_failures_total{code="MASTER_STATUS"}');
    expect(server.stderr).not.toContain("open sesame");
    expect(
      (
        await server.reload({
          ...basic,
          masters: [master.address],
          mesosCredentials: { principal: "mesos-dns", secret: "another" },
        })
      ).msg,
    ).toBe("changed mesosCredentials");
    await until("the login", async () => (await web(server)) === "203.0.113.1");
  });
});
