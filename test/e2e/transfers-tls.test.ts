import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Authority, type CertificateFiles } from "../support/certificates.js";
import { taskAdded } from "../support/operator-api.js";
import { startMaster, webAt } from "../support/scenario.js";
import { type ScriptedMaster, task } from "../support/scripted-master.js";
import {
  CHECK_KEY,
  checkedConfigFor,
  contentOf,
  portsFor,
  Secondary,
  type SecondaryName,
  transfersOf,
} from "../support/secondaries.js";
import { freePort, Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Real secondaries transfer over TLS (RFC 9103). Knot and PowerDNS of these versions cannot. */

const HOST = "ns1.example.com";
const folder = mkdtempSync(join(tmpdir(), "mesos-dns-transfers-tls-"));
let authority: Authority;
let own: CertificateFiles;
let client: CertificateFiles;
let stranger: CertificateFiles;

beforeAll(async () => {
  authority = await Authority.create(folder, "authority");
  own = await authority.certify(HOST, "127.0.0.1");
  client = await authority.certify("secondary.example.com", "127.0.0.1");
  stranger = await (await Authority.create(folder, "other")).certify("stranger.example.com", "127.0.0.1");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Changes the lines that a secondary is configured with, so that it transfers over TLS. */
type Adapt = (port: number, certificate: CertificateFiles | undefined, udpPort: number) => (lines: string) => string;

const OVER_TLS: Readonly<Record<"BIND" | "NSD" | "Unbound", Adapt>> = {
  BIND: (port, certificate) => (lines) => {
    const shown = certificate ? `cert-file "${certificate.cert}"; key-file "${certificate.key}";` : "";
    const tls = `tls primary { ca-file "${authority.cert}"; remote-hostname "${HOST}"; ${shown} };\n`;
    return tls + lines.replace(/(primaries \{ \S+ port )\d+( key "[^"]*")?;/g, `$1${port}$2 tls primary;`);
  },
  NSD: (port, certificate) => (lines) => {
    const shown = certificate ? `    client-cert: "${certificate.cert}"\n    client-key: "${certificate.key}"\n` : "";
    const auth = `tls-auth:\n    name: "primary"\n    auth-domain-name: "${HOST}"\n${shown}`;
    const bundled = lines.replace("server:\n", `server:\n    tls-cert-bundle: "${authority.cert}"\n`);
    return auth + bundled.replace(/(request-xfr: \S+@)\d+ (\S+)/g, `$1${port} $2 primary`);
  },
  // Unbound asks for the SOA over UDP at its own port, if the primary's port for TLS is its own one too.
  Unbound: (port, _certificate, udpPort) => (lines) =>
    lines
      .replace(
        "server:\n",
        `server:\n    tls-cert-bundle: "${authority.cert}"\n    tls-port: ${port}\n    port: ${udpPort}\n`,
      )
      .replace(/(primary: \S+@)\d+/g, `$1${port}#${HOST}`),
};

interface Running {
  readonly master: ScriptedMaster;
  readonly server: Server;
  readonly secondary: Secondary;
}

/** @param adapt of the lines, given the ports for TLS and for everything else */
async function setUp(
  name: SecondaryName,
  config: object,
  adapt: (tlsPort: number, port: number) => (lines: string) => string,
) {
  const master = await startMaster();
  master.leadWithEvents(webAt("203.0.113.1"));
  const ports = await portsFor([name]);
  const tlsPort = await freePort();
  const tls = { tlsCertFile: own.cert, tlsKeyFile: own.key, tlsPort };
  const server = await Server.start({
    masters: [master.address],
    refreshSeconds: 3600,
    ...checkedConfigFor({ [name]: ports[name] }),
    ...tls,
    ...config,
  });
  const secondary = new Secondary(name, ports[name]);
  onTestFinished(async () => {
    await secondary.stop();
    await server.stop();
  });
  await secondary.configure([server], adapt(tlsPort, server.port));
  secondary.run();
  await until("the stream", () => master.subscribers.count > 0);
  return { master, server, secondary } satisfies Running;
}

/** Changes the zone a few times, and expects the secondary to have each version, by differences alone. */
async function follows({ master, server, secondary }: Running): Promise<void> {
  let changes = 0;
  const change = () => {
    const i = ++changes;
    master.subscribers.say(taskAdded(task(`t${i % 2}`, { id: `t.${i}`, agent: "S0", ip: `203.0.113.${i + 1}` })));
  };
  await until("the first transfer", async () => {
    // The first connection of NSD shows no certificate: it tries again at the next change.
    change();
    return (await transfersOf(server, "axfr")) === 1;
  });
  await secondary.caughtUp(server);
  for (let i = 0; i < 3; i++) {
    const before = await transfersOf(server, "ixfr");
    change();
    await until("a difference", async () => (await transfersOf(server, "ixfr")) > before);
  }
  await secondary.caughtUp(server);
  expect(await transfersOf(server, "axfr")).toBe(1);
  const zone = await contentOf(server, "mesos", ...CHECK_KEY);
  expect(zone.some((record) => record.startsWith("t1.marathon.mesos."))).toBe(true);
  await until("its records", async () => JSON.stringify(await secondary.content()) === JSON.stringify(zone));
}

describe("Unbound", () => {
  it("follows over TCP, by its address, record for record", async () => {
    await follows(await setUp("Unbound", {}, () => (lines) => lines));
  }, 60_000);
});

describe("over TLS", () => {
  it.each(["Unbound", "BIND", "NSD"] as const)(
    "%s follows, record for record",
    async (name) => {
      const running = await setUp(name, {}, (port, udpPort) => OVER_TLS[name](port, undefined, udpPort));
      await follows(running);
      const overTls = 'mesos_dns_requests_total{transport="tls",type="other",zone="local"}';
      expect(await running.server.metric(overTls)).toBeGreaterThan(3);
    },
    60_000,
  );

  it.each(["BIND", "NSD"] as const)(
    "%s follows with a certificate of the authority that the server asks for",
    async (name) => {
      const running = await setUp(name, { transferClientCAFile: authority.cert }, (port) =>
        OVER_TLS[name](port, client, 0),
      );
      await follows(running);
    },
    60_000,
  );

  it.each([
    ["BIND", "without a certificate", undefined],
    ["NSD", "without a certificate", undefined],
    ["BIND", "with another authority's certificate", "stranger"],
    ["NSD", "with another authority's certificate", "stranger"],
  ] as const)(
    "%s is refused %s",
    async (name, _how, shown) => {
      const config = { transferClientCAFile: authority.cert };
      let changes = 0;
      const { server, master } = await setUp(name, config, (port) => OVER_TLS[name](port, shown && stranger, 0));
      const refused = async () =>
        (await transfersOf(server, "axfr", "refused")) + (await transfersOf(server, "ixfr", "refused"));
      // Also when it resumes the session of the connection before.
      await until("two refusals", async () => {
        master.subscribers.say(taskAdded(task("t1", { agent: "S0", ip: `203.0.113.${2 + (changes++ % 200)}` })));
        return (await refused()) > 1;
      });
      expect(await transfersOf(server, "axfr")).toBe(0);
    },
    60_000,
  );
});
