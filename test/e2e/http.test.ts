import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askTcp, askUdp, sendUdp } from "../support/ask.js";
import { encodeQuery } from "../support/dns.js";
import type { Json } from "../support/json.js";
import { growth, startServer } from "../support/scenario.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

const CLUSTER = cluster({
  agents: [agent("S0", { ip: "192.0.2.10" })],
  frameworks: [
    framework("marathon", {
      tasks: [
        task("web", { agent: "S0", ports: [31000], ip: ["203.0.113.7", "2001:db8::7"] }),
        task("!", { id: "lost.1", agent: "S9" }),
      ],
    }),
  ],
});

let master: ScriptedMaster;
let server: Server;
beforeAll(async () => {
  master = await ScriptedMaster.start();
  master.lead(CLUSTER);
  server = await Server.start({ masters: [master.address] });
});
afterAll(async () => {
  await server?.stop();
  await master?.stop();
});

/** The canonical name of the one instance of web, below `zone`. */
async function instance(zone: string): Promise<string> {
  const { Records } = await server.json<{ Records: { As: Json } }>("/v1/axfr");
  return Object.keys(Records.As).find((name) => /^web-\w{5}-s0\./.test(name) && name.endsWith(zone)) ?? "";
}

describe("what Mesos-DNS answers too", () => {
  it("/v1/version and /v1/config name the program and its settings", async () => {
    expect(await server.json("/v1/version")).toMatchObject({ Service: "Mesos-DNS", Version: expect.any(String) });
    expect(await server.json("/v1/config")).toMatchObject({
      RefreshSeconds: 1,
      Masters: [master.address],
      Domain: "mesos",
      Port: server.port,
      HttpPort: server.httpPort,
      File: server.configFile,
    });
  });

  it("/v1/hosts has every address, whatever the spelling", async () => {
    const rows = [
      { host: "web.marathon.mesos.", ip: "203.0.113.7" },
      { host: "web.marathon.mesos.", ip: "2001:db8::7" },
    ];
    const byAddress = (a: { ip: string }, b: { ip: string }) => (a.ip < b.ip ? -1 : 1);
    for (const name of ["web.marathon.mesos", "web.marathon.mesos.", "WEB.Marathon.mesos"]) {
      const found = await server.json<typeof rows>(`/v1/hosts/${name}`);
      expect(found.sort(byAddress)).toEqual(rows.toSorted(byAddress));
    }
    expect(await server.json("/v1/hosts/nobody.mesos")).toEqual([{ host: "", ip: "" }]);
  });

  it("/v1/hosts begins with another row each time, each equally often", async () => {
    const first = { "203.0.113.7": 0, "2001:db8::7": 0 };
    for (let i = 0; i < 200; i++) {
      const [row] = await server.json<{ ip: keyof typeof first }[]>("/v1/hosts/web.marathon.mesos");
      if (row) first[row.ip]++;
    }
    expect(first["203.0.113.7"] + first["2001:db8::7"]).toBe(200);
    expect(Math.abs(first["203.0.113.7"] - 100)).toBeLessThan(40);
  });

  it("/v1/services has every target with its addresses", async () => {
    const service = "_web._tcp.marathon.mesos.";
    const host = await instance(".marathon.slave.mesos.");
    expect(await server.json(`/v1/services/${service}`)).toEqual([{ service, host, ip: "192.0.2.10", port: "31000" }]);
    const none = [{ service: "", host: "", ip: "", port: "" }];
    expect(await server.json("/v1/services/_nobody._tcp.mesos")).toEqual(none);
  });

  it("/v1/hosts/…/ports has what points to a host", async () => {
    const host = await instance(".marathon.slave.mesos.");
    const rows = await server.json<{ service: string }[]>(`/v1/hosts/${host}/ports`);
    expect(rows.map(({ service }) => service).sort()).toEqual([
      "_web._tcp.marathon.mesos.",
      "_web._tcp.marathon.slave.mesos.",
      "_web._udp.marathon.mesos.",
      "_web._udp.marathon.slave.mesos.",
    ]);
    expect(rows[0]).toMatchObject({ host, port: "31000" });
  });

  it("/v1/enumerate has every task with its records, and DNS answers each of them", async () => {
    type Task = { name: string; id: string; records: { name: string; host: string; rtype: string }[] };
    const listing = await server.json<{ frameworks: { name: string; tasks: Task[] }[] }>("/v1/enumerate");
    const [marathon] = listing.frameworks;
    const [web] = marathon.tasks;
    expect([marathon.name, marathon.tasks.length, web.id]).toEqual(["marathon", 1, "web.S0"]);
    expect(web.records.length).toBeGreaterThan(8);
    for (const { name, rtype } of web.records) {
      expect((await askUdp(server, name.slice(0, -1), { type: rtype })).answers).not.toEqual([]);
    }
  });

  it("/v1/axfr has the zone with the serial that DNS has", async () => {
    const zone = await server.json<{ Serial: number; Records: { SRVs: Json; AAAAs: Json } }>("/v1/axfr");
    expect(zone).toMatchObject({ TTL: 60, RefreshSeconds: 1, Mname: "ns1.mesos.", Domain: "mesos" });
    expect(zone.Serial).toBe(await server.metric("mesos_dns_snapshot_serial"));
    expect(zone.Records.AAAAs["web.marathon.mesos."]).toEqual(["2001:db8::7"]);
    expect(zone.Records.SRVs["_leader._tcp.mesos."]).toEqual([`leader.mesos.:${master.port}`]);
  });

  it("the listings are gone with EnumerationOn false, on SIGHUP as well", async () => {
    const other = await startServer([master], { EnumerationOn: false });
    for (const path of ["/v1/enumerate", "/v1/axfr"]) expect((await other.fetch(path)).status).toBe(404);
    await other.reload({ masters: [master.address], EnumerationOn: true });
    for (const path of ["/v1/enumerate", "/v1/axfr"]) expect((await other.fetch(path)).status).toBe(200);
  });
});

describe("every route", () => {
  const ROUTES = ["/", "/v1/version", "/v1/config", "/v1/hosts/web.marathon.mesos", "/v1/hosts/x.mesos/ports"];
  const MORE = [
    "/v1/services/_web._tcp.marathon.mesos",
    "/v1/enumerate",
    "/v1/axfr",
    "/metrics",
    "/healthz",
    "/readyz",
  ];

  it.each([...ROUTES, ...MORE])("%s answers GET and HEAD, and nothing else", async (path) => {
    const [get, head] = [await server.fetch(path), await server.fetch(path, { method: "HEAD" })];
    expect([get.status, head.status, await head.text()]).toEqual([200, 200, ""]);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
    const type = { "/": "text/html", "/metrics": "text/plain" }[path] ?? "application/json";
    expect(get.headers.get("content-type")).toContain(type);
    const post = await server.fetch(path, { method: "POST", body: "{}" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await post.json()).toEqual({ error: expect.stringContaining("POST") });
  });

  it.each([
    ["/nothing", 404],
    ["/v1", 404],
    ["/v1/hosts/", 404],
    ["/v1/hosts/%ff", 400],
    [`/v1/hosts/${"x".repeat(300)}`, 200],
    ["/v1/hosts/..%2f..%2fetc%2fpasswd", 200],
  ])("%s is %i", async (path, status) => {
    expect((await server.fetch(path)).status).toBe(status);
  });
});

describe("/metrics", () => {
  it("is as Prometheus wants it", async () => {
    await askUdp(server, "web.marathon.mesos");
    const text = await server.metrics();
    expect(await run("promtool", ["check", "metrics"], text)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it.each([
    ['requests_total{transport="udp",type="A",zone="local"}', () => askUdp(server, "web.marathon.mesos")],
    ['requests_total{transport="tcp",type="SRV",zone="local"}', () => askTcp(server, "_x.mesos", { type: "SRV" })],
    ['requests_total{transport="udp",type="other",zone="local"}', () => askUdp(server, "mesos", { type: "HINFO" })],
    ['requests_total{transport="udp",type="A",zone="none"}', () => askUdp(server, "www.example.com")],
    ['responses_total{transport="udp",rcode="NXDOMAIN"}', () => askUdp(server, "nobody.mesos")],
    ['responses_total{transport="udp",rcode="REFUSED"}', () => askUdp(server, "www.example.com")],
    ['responses_total{transport="udp",rcode="FORMERR"}', () => sendUdp(server, encodeQuery("x").subarray(0, 14))],
    ['request_duration_seconds_count{zone="local"}', () => askUdp(server, "web.marathon.mesos")],
    ['response_size_bytes_count{transport="tcp"}', () => askTcp(server, "web.marathon.mesos")],
    ["tcp_connections_opened_total", () => askTcp(server, "web.marathon.mesos")],
  ])("mesos_dns_%s grows with the query", async (series, ask) => {
    const name = `mesos_dns_${series}`;
    const before = (await server.metric(name)) ?? 0;
    await ask();
    await until(name, async () => (await server.metric(name)) === before + 1);
  });

  it("tells of the state and of the zone", async () => {
    await growth(server, "mesos_dns_state_fetches_total");
    const values = { snapshot_ready: 1, cluster_tasks: 2, cluster_agents: 1, cluster_frameworks: 1, listening: 1 };
    for (const [name, value] of Object.entries(values)) {
      expect([name, await server.metric(`mesos_dns_${name}`)]).toEqual([name, value]);
    }
    expect(await server.metric('mesos_dns_skipped{kind="task",reason="unknown_agent"}')).toBe(1);
    expect(await server.metric("mesos_dns_snapshot_age_seconds")).toBeLessThan(30);
    expect(await server.metric('mesos_dns_build_duration_seconds{phase="compile"}')).toBeGreaterThan(0);
  });
});

it("the page for people says how it is, with links that work", async () => {
  const page = await (await server.fetch("/")).text();
  expect(page).toContain("Ready.");
  const links = [...page.matchAll(/href="(\/[^"]*)"/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect([link, (await server.fetch(link)).status]).toEqual([link, 200]);
});

it("without httpon DNS goes on, and without dnson HTTP does", async () => {
  const http = await startServer([master], { dnson: false });
  expect(await http.json("/healthz")).toEqual({ healthy: true });
  expect(await http.json("/v1/hosts/leader.mesos")).toEqual([{ host: "leader.mesos.", ip: "127.0.0.1" }]);
  expect(await http.metric("mesos_dns_listening")).toBe(0);
  const dns = await startServer([master], { httpon: false }, { until: "listening" });
  await until("names", async () => (await askUdp(dns, "leader.mesos")).rcode === "NOERROR");
  await expect(dns.fetch("/healthz")).rejects.toThrow("fetch failed");
});
