import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { askTcp, askUdp } from "../support/ask.js";
import { Authority } from "../support/certificates.js";
import { startMaster, startServer, startUpstream, webAt } from "../support/scenario.js";
import type { ScriptedMaster } from "../support/scripted-master.js";
import { freePort, type Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

/** What operators load into Prometheus and Grafana, checked by promtool and against the metrics of a running server. */

const ALERTS = "deploy/prometheus/alerts.yml";
const read = (path: string) => readFileSync(path, "utf8");

interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly runbook: string;
}

function alerts(): readonly Alert[] {
  const blocks = read(ALERTS)
    .split(/^ *- alert: /m)
    .slice(1);
  const field = (block: string, name: string) => new RegExp(`^ *${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
  const unquoted = (text: string) =>
    text.startsWith('"') ? JSON.parse(text) : text.replace(/^'|'$/g, "").replaceAll("''", "'");
  return blocks.map((block) => ({
    name: block.split("\n", 1)[0] ?? "",
    expr: unquoted(field(block, "expr")),
    runbook: field(block, "runbook"),
  }));
}

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr?: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
}

const dashboard: Dashboard = JSON.parse(read("deploy/grafana/mesos-dns.json"));
const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);

/** The expressions of the dashboard, with values for Grafana's variables. */
const panelExprs = [
  ...targets.map(({ expr }) => expr),
  ...dashboard.annotations.list.flatMap(({ expr }) => expr ?? []),
].map((expr) => expr.replaceAll("$__rate_interval", "5m").replaceAll(/"\$(job|instance)"/g, '".+"'));
const exprs = [...alerts().map(({ expr }) => expr), ...panelExprs];

describe("Prometheus", () => {
  test("takes the alerts and the configuration", async () => {
    const rules = await run("promtool", ["check", "rules", ALERTS]);
    expect(rules).toMatchObject({ status: 0, stdout: expect.stringContaining(`${alerts().length} rules found`) });
    const config = await run("promtool", ["check", "config", "deploy/prometheus/scrape.yml"]);
    expect(config.status, config.stderr + config.stdout).toBe(0);
  });

  test("fires each alert when it should, and none for a server that is well", async () => {
    const tests = "deploy/prometheus/alerts.test.yml";
    const { status, stdout, stderr } = await run("promtool", ["test", "rules", tests]);
    expect(status, stdout + stderr).toBe(0);
    const [well = "", ...each] = read(tests)
      .split(/^ {2}- name: /m)
      .slice(1);
    for (const { name } of alerts()) {
      expect(well).toContain(`alertname: ${name}, exp_alerts: []`);
      expect(each.filter((one) => one.startsWith(`"${name}"\n`))).toHaveLength(1);
    }
  });

  test("points to what to do about each alert", () => {
    const headings = [...read("docs/operations.md").matchAll(/^### (MesosDns\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(
      alerts()
        .map(({ name }) => name)
        .sort((a, b) => headings.indexOf(a) - headings.indexOf(b)),
    );
    for (const { name, runbook } of alerts()) expect(runbook).toBe(`docs/operations.md#${name.toLowerCase()}`);
  });
});

describe("Grafana's dashboard", () => {
  test("asks the data source that is chosen, in expressions that promtool takes", async () => {
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).toEqual(new Set(["$" + "{datasource}"]));
    const folder = mkdtempSync(join(tmpdir(), "mesos-dns-rules-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const rules = panelExprs.map((expr, i) => ({ record: `panel:${i}`, expr }));
    const file = join(folder, "panels.yml");
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { status, stdout, stderr } = await run("promtool", ["check", "rules", file]);
    expect(status, stdout + stderr).toBe(0);
  });

  test("has panels in rows, which lie beside each other and have ids of their own", () => {
    const { panels } = dashboard;
    expect(panels[0]?.type).toBe("row");
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let i = x; i < x + w; i++)
        for (let j = y; j < y + h; j++) {
          expect(taken.has(`${i},${j}`), `${title} covers another panel`).toBe(false);
          taken.add(`${i},${j}`);
        }
    }
  });
});

const SAMPLE = /^(\w+)(?:\{(.*)\})? /;
const LABEL = /(\w+)="/g;
/** A zone is saved some ten seconds after it has changed. */
const SAVED_MS = 40_000;
/** The ones that Prometheus itself adds. */
const ADDED = ["job", "instance"];

/** The labels of each series of /metrics, by name. */
function seriesIn(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>([["up", new Set()]]);
  for (const line of text.split("\n")) {
    const [, name = "", labels = ""] = SAMPLE.exec(line) ?? [];
    const known = found.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(LABEL)) known.add(label);
    if (name !== "") found.set(name, known);
  }
  return found;
}

interface Used {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The series that an expression reads, with the labels of its matchers. */
function usedIn(expr: string): readonly Used[] {
  return [...expr.matchAll(/\b(mesos_dns_\w+|up)\b(?:\{([^}]*)\})?/g)].map(([, name = "", matchers = ""]) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label),
  }));
}

/** The labels that an expression groups by. */
function groupedIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/, */));
}

/** A service account of DC/OS, and a login service that gives it a token. */
async function loginIn(folder: string): Promise<string> {
  const path = "/acs/api/v1/auth/login";
  const login = await startMaster(undefined, { paths: [path] });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(Buffer.from("s3cret"));
  login.answer({ state: { token } });
  const file = join(folder, "account.json");
  const account = {
    uid: "mesos-dns",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    login_endpoint: `http://${login.address}${path}`,
    scheme: "RS256",
  };
  writeFileSync(file, JSON.stringify(account));
  return file;
}

/** A server with everything turned on that has metrics. */
async function startWhole(): Promise<{
  readonly server: Server;
  readonly master: ScriptedMaster;
  readonly consul: number;
}> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-metrics-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const master = await startMaster();
  master.leadWithEvents(webAt("192.0.2.1"));
  const consul = await freePort();
  const upstream = await startUpstream(({ questions }) => [
    { name: questions?.[0]?.name ?? "", type: "A", ttl: 9, data: "192.0.2.7" },
  ]);
  const { cert, key } = await (await Authority.create(folder, "authority")).certify("ns1.example", "127.0.0.1");
  const recordsFile = join(folder, "records.json");
  writeFileSync(
    recordsFile,
    JSON.stringify([
      {
        name: "www.mesos",
        type: "A",
        values: [{ id: "a", value: "127.0.0.1" }],
        policy: "multivalue",
        healthCheck: "web",
      },
    ]),
  );
  const target = `127.0.0.1:${await freePort()}`;
  const server = await startServer([master], {
    zk: `zk://127.0.0.1:${await freePort()}/mesos`,
    zkDetectionTimeout: 1,
    mesosAuthentication: "iam",
    IAMConfigFile: await loginIn(folder),
    stateDir: join(folder, "state"),
    externalon: true,
    resolvers: [upstream.address],
    catalog: true,
    consul: { enabled: true, httpPort: consul },
    vips: { names: true },
    allowTransfer: [{ network: "127.0.0.0/8" }],
    notify: [target],
    healthChecks: { web: { type: "tcp", port: 9, interval: 1 } },
    healthCheckNetworks: ["127.0.0.0/8"],
    recordsFile,
    queryLog: { format: "json", file: join(folder, "queries") },
    tlsCertFile: cert,
    tlsKeyFile: key,
    tlsPort: await freePort(),
    httpsPort: await freePort(),
  });
  return { server, master, consul };
}

test("a server with everything turned on has every metric and label that alerts and panels read", async () => {
  const { server, master, consul } = await startWhole();
  await askUdp(server, "web.marathon.mesos");
  await askUdp(server, "www.example.com");
  await until("a zone transfer", async () => {
    await askTcp(server, "mesos", { type: "AXFR" });
    return (await server.metrics()).includes("mesos_dns_secondary_lag_seconds{");
  });
  await fetch(`http://127.0.0.1:${consul}/v1/catalog/services`);
  await until("events", async () => (await server.metric("mesos_dns_stream_connected")) === 1);
  // An election: nothing is answered for a moment.
  master.answer({ status: 503 });
  master.answerApi({ status: 503 });
  master.subscribers.cut();
  const wanted = exprs.flatMap(usedIn);
  expect(wanted.length).toBeGreaterThan(exprs.length);
  let missing: readonly string[] = [];
  await until(
    `samples of all metrics, not ${missing}`,
    async () => {
      const series = seriesIn(await server.metrics());
      missing = [...new Set(wanted.map(({ name }) => name))].filter((name) => !series.has(name));
      return missing.length === 0;
    },
    SAVED_MS,
  ).catch(() => undefined);
  expect(missing).toEqual([]);
  const series = seriesIn(await server.metrics());
  for (const { name, labels } of wanted)
    expect([...(series.get(name) ?? []), ...ADDED], name).toEqual(expect.arrayContaining([...labels]));
  const labels = new Set([...ADDED, ...[...series.values()].flatMap((own) => [...own])]);
  for (const expr of exprs) expect([...labels], expr).toEqual(expect.arrayContaining([...groupedIn(expr)]));
});
