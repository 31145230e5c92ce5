import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { type Nginx, startNginx } from "../support/nginx.js";
import { cluster, ScriptedMaster } from "../support/scripted-master.js";
import { freePort, Server } from "../support/server.js";
import { until } from "../support/wait.js";
import { selfSigned } from "../unit/sources/mesos/certificate.js";

/** Checks that need no more than a second to be sure. */
const QUICK = { interval: 1, timeout: 0.4, failures: 1, successes: 1 };
const LOCAL = { healthCheckNetworks: ["127.0.0.0/8"] };

interface Row {
  readonly instance: string;
  readonly healthy: boolean;
  readonly since: string | null;
  readonly forced: { readonly force: string; readonly until: string | null } | null;
  readonly checks: { readonly state: string; readonly last: { readonly error: string | null } | null } | null;
}

let master: ScriptedMaster;
beforeAll(async () => {
  master = await ScriptedMaster.start();
  master.lead(cluster({}));
});
afterAll(() => master.stop());

const serverOf = (config: object) => Server.start({ masters: [master.address], ...LOCAL, ...config });

async function rowsOf(server: Server): Promise<ReadonlyMap<string, Row>> {
  const { instances } = await server.json<{ readonly instances: readonly Row[] }>("/v1/health");
  return new Map(instances.map((row) => [row.instance, row]));
}

/** The row of an instance once its own checks say this. */
function settled(server: Server, instance: string, state: "up" | "down", ms?: number): Promise<Row> {
  const look = async () => {
    const row = (await rowsOf(server)).get(instance);
    return row?.checks?.state === state && row;
  };
  return until(`${instance} ${state}`, look, ms) as Promise<Row>;
}

/** A listener that does what it is told with each connection. */
async function listen(
  onConnection: (socket: Socket) => void,
  host = "127.0.0.1",
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const listener: TcpServer = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, host, resolve));
  const address = listener.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const close = () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, close };
}

describe("targets of all kinds", () => {
  const pem = selfSigned();
  let nginx: Nginx;
  let mute: Awaited<ReturnType<typeof listen>>;
  let odd: Awaited<ReturnType<typeof listen>>;
  let endless: Awaited<ReturnType<typeof listen>>;
  let closed: number;
  let server: Server;
  const peers: string[] = [];

  beforeAll(async () => {
    const far = "x".repeat(5_115);
    nginx = await startNginx({
      certificate: pem,
      files: { edge: `${far}ready`, beyond: `${far}.ready` },
      lines: [
        'location = /ready { return 200 "all is ready"; }',
        "location = /moved { return 302 http://127.0.0.1:1/; }",
        "location = /broken { return 503; }",
        'location = /host { if ($host != "public.example.com") { return 404; } return 200; }',
      ],
    });
    mute = await listen((socket) => peers.push(socket.remoteAddress ?? ""));
    odd = await listen((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    endless = await listen((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = () => socket.writable && socket.write("y".repeat(65_536), () => setImmediate(more));
      more();
    });
    closed = await freePort();
    const http = { type: "http", address: "127.0.0.1", port: nginx.port, ...QUICK };
    const https = { ...http, type: "https", port: nginx.tlsPort };
    const tcp = { type: "tcp", address: "127.0.0.1", ...QUICK };
    server = await serverOf({
      healthChecks: {
        tcp: { ...tcp, port: mute.port },
        "tcp-closed": { ...tcp, port: closed },
        http: { ...http, path: "/ready" },
        "http-body": { ...http, path: "/ready", body: "is ready" },
        "http-wrong-body": { ...http, path: "/ready", body: "at ease" },
        "http-body-edge": { ...http, path: "/edge", body: "ready" },
        "http-body-beyond": { ...http, path: "/beyond", body: "ready" },
        "http-body-endless": { ...http, port: endless.port, body: "ready" },
        "http-moved": { ...http, path: "/moved" },
        "http-moved-strict": { ...http, path: "/moved", status: "200-299" },
        "http-broken": { ...http, path: "/broken" },
        "http-host": { ...http, path: "/host", host: "public.example.com" },
        "http-mute": { ...http, port: mute.port, source: "127.0.0.9" },
        "http-odd": { ...http, port: odd.port },
        "http-to-tls": { ...http, port: nginx.tlsPort, status: "200" },
        "https-strict": { ...https, path: "/ready" },
        "https-lax": { ...https, path: "/ready", verify: false },
        "https-to-http": { ...https, port: nginx.port },
      },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await nginx?.stop();
    for (const each of [mute, odd, endless]) each?.close();
  });

  test.each([
    ["tcp", null],
    ["http", null],
    ["http-body", null],
    ["http-body-edge", null],
    ["http-moved", null],
    ["http-host", null],
    ["https-lax", null],
    ["tcp-closed", "connection refused"],
    ["http-wrong-body", "the first 5120 octets of the body do not contain the text"],
    ["http-body-beyond", "the first 5120 octets of the body do not contain the text"],
    ["http-body-endless", "the first 5120 octets of the body do not contain the text"],
    ["http-moved-strict", "status 302, not 200-299"],
    ["http-broken", "status 503, not 200-399"],
    ["http-mute", "no answer within 0.4 s"],
    ["http-odd", "no HTTP response"],
    ["http-to-tls", "status 400, not 200"],
    ["https-strict", "certificate not trusted: self-signed"],
    ["https-to-http", "no TLS: the target speaks something else"],
  ])("%s comes to %j", async (instance, error) => {
    const row = await settled(server, instance, error === null ? "up" : "down");
    expect(row.healthy).toBe(error === null);
    expect(row.checks?.last?.error).toBe(error);
  });

  test("see checks come from the configured source", async () => {
    await settled(server, "http-mute", "down");
    expect(peers).toContain("127.0.0.9");
  });

  test("have metrics and log lines", async () => {
    const series = (name: string, check: string) => `${name}{check="${check}",target="127.0.0.1"}`;
    await settled(server, "tcp-closed", "down");
    expect(await server.metric(series("mesos_dns_health_check_up", "http"))).toBe(1);
    expect(await server.metric(series("mesos_dns_health_check_up", "tcp-closed"))).toBe(0);
    expect(await server.metric(series("mesos_dns_health_check_changes_total", "tcp-closed"))).toBe(1);
    expect(await server.metric('mesos_dns_health_check_duration_seconds_count{check="http"}')).toBeGreaterThan(0);
    expect(await server.metric("mesos_dns_health_checks_late_total")).toBe(0);
    await server.logged(/^health check tcp-closed fails: connection refused$/);
  });
});

describe("records", () => {
  /** One answer's addresses, in their order. */
  const addressesOf = async (server: Server, name: string) =>
    lines((await askUdp(server, name)).answers).map((line) => line.split(" ").at(-1) ?? "");
  const [one, two, three] = ["127.0.10.1", "127.0.10.2", "127.0.10.3"];

  test("lose values that fail and get them back, and fail open, all within their time", async () => {
    const [a, b] = [await listen(() => undefined, one), await listen(() => undefined, two)];
    const values = [{ value: one }, { value: two }];
    const record = { type: "A", ttl: 5, healthCheck: "edge", values };
    const checks = (port: number, also: number) => ({
      healthChecks: { edge: { type: "tcp", port, ...QUICK }, other: { type: "tcp", port: also, ...QUICK } },
    });
    // The two have ports of their own, so each has a check of its own.
    const mixed = [
      { value: one, healthCheck: "edge" },
      { value: two, healthCheck: "other" },
    ];
    const server = await serverOf({
      ...checks(a.port, b.port),
      records: [
        { ...record, name: "many", policy: "multivalue", values: mixed },
        { ...record, name: "first", policy: "failover", values: mixed },
        { ...record, name: "either", policy: "weighted", values: mixed.map((value) => ({ ...value, weight: 10 })) },
      ],
    });
    const all = async () => {
      const [many, first, either] = await Promise.all(
        ["many", "first", "either"].map((name) => addressesOf(server, `${name}.mesos`)),
      );
      return `${[...many].sort().join("+")} ${first} ${either.length}`;
    };
    await settled(server, `edge@${one}`, "up");
    expect(await all()).toBe(`${one}+${two} ${one} 1`);
    a.close();
    await until("the loss of the first", async () => (await all()) === `${two} ${two} 1`, 3_000);
    for (let i = 0; i < 20; i++) expect(await addressesOf(server, "either.mesos")).toEqual([two]);
    b.close();
    await until("everything, as nothing works", async () => (await all()) === `${one}+${two} ${one} 1`, 3_000);
    expect(await server.metric('mesos_dns_policy_fail_open{name="many.mesos A"}')).toBe(1);
    await server.logged(/^no value is healthy, so all are answered: many\.mesos A$/);
    await server.stop();
  });

  test("have their zone's serial changed by a change of health, and nothing else sent again", async () => {
    const target = await listen(() => undefined, three);
    const server = await serverOf({
      healthChecks: { edge: { type: "tcp", port: target.port, ...QUICK } },
      records: [
        {
          name: "svc",
          type: "A",
          policy: "multivalue",
          healthCheck: "edge",
          values: [{ value: three }, { value: "127.0.10.4" }],
        },
      ],
    });
    await until("the second one to fail", async () => (await addressesOf(server, "svc.mesos")).join() === three);
    const { serial } = await server.json<{ serial: number }>("/readyz");
    target.close();
    await until("fail open", async () => (await addressesOf(server, "svc.mesos")).length === 2);
    // The thread that answers has a new zone before the one that tells of it has heard of it.
    await until("a higher serial", async () => (await server.json<{ serial: number }>("/readyz")).serial > serial);
    expect(await server.metric("mesos_dns_snapshot_changed_shards")).toBe(1);
    await server.stop();
  });
});

describe("what people say", () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-health-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function say(server: Server, instance: string, body: object): Promise<{ readonly keptOverRestart: boolean }> {
    const headers = { "content-type": "application/json" };
    const response = await server.fetch(`/v1/health/${instance}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return response.json() as Promise<{ readonly keptOverRestart: boolean }>;
  }

  test("counts at once, over a restart, and until its time is over", async () => {
    const target = await listen(() => undefined);
    const config = {
      stateDir: folder,
      allowHealthOverride: true,
      healthChecks: {
        db: { type: "tcp", address: "127.0.0.1", port: target.port, ...QUICK },
        site: { type: "calculated", checks: ["db"] },
      },
    };
    const first = await serverOf(config);
    await settled(first, "db", "up");
    expect(await say(first, "db", { force: "down" })).toMatchObject({ healthy: false, keptOverRestart: true });
    expect((await rowsOf(first)).get("site")?.healthy).toBe(false);
    await first.stop();

    const second = await serverOf(config);
    await settled(second, "db", "up");
    expect((await rowsOf(second)).get("db")).toMatchObject({ healthy: false, forced: { force: "down", until: null } });
    await say(second, "db", { force: null });
    expect((await rowsOf(second)).get("site")?.healthy).toBe(true);
    await say(second, "site", { force: "down", seconds: 1 });
    expect((await rowsOf(second)).get("site")?.healthy).toBe(false);
    await until("its end", async () => (await rowsOf(second)).get("site")?.healthy);
    await second.stop();
    target.close();
  });

  test("is lost with a warning if its file is damaged, and nothing else is", async () => {
    writeFileSync(join(folder, "health-overrides.json"), '{"version": 1, "overr');
    const target = await listen(() => undefined);
    const check = { type: "tcp", address: "127.0.0.1", port: target.port, ...QUICK };
    const server = await serverOf({ stateDir: folder, healthChecks: { db: check } });
    await server.logged(
      /^the health overrides of before are lost: .*health-overrides\.json is damaged; set them again/,
    );
    await settled(server, "db", "up");
    await server.stop();
    target.close();
  });
});

test("a server without checks has no thread for them, and one whose checks are taken away ends it", async () => {
  const check = { type: "tcp", address: "127.0.0.1", port: 9, ...QUICK };
  const server = await serverOf({});
  expect((await server.fetch("/v1/health")).status).toBe(404);
  expect(await server.metric("mesos_dns_health_checks_late_total")).toBeUndefined();
  const base = { masters: [master.address], ...LOCAL };
  await server.reload({ ...base, healthChecks: { db: check } });
  await settled(server, "db", "down");
  await server.reload(base);
  await until("the end of the checks", async () => (await server.fetch("/v1/health")).status === 404);
  await server.stop();
});
