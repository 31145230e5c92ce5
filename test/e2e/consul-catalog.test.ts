import { execFile } from "node:child_process";
import http from "node:http";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { consulAt, consulCluster, labelled, serves, startConsul, webTask } from "../support/consul.js";
import { startMaster, startServer } from "../support/scenario.js";
import { cluster, recoveredAgent, task } from "../support/scripted-master.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

const run = promisify(execFile);
const API = task("api", { agent: "S1", ports: [32_000], healthy: true });

interface Instance {
  readonly Service: { readonly ID: string; readonly Port: number };
}

const ports = (instances: readonly Instance[]) => instances.map(({ Service }) => Service.Port);

describe("Consul's API", () => {
  test("is not there unless it is turned on, and comes and goes with SIGHUP", async () => {
    const master = await startMaster(consulCluster(webTask(1)));
    const port = await freePort();
    const masters = { masters: [master.address] };
    const server = await startServer([master], { consul: { httpPort: port } });
    const consul = consulAt(server, port);
    await expect(consul.get("/v1/status/leader")).rejects.toThrow();
    expect(await server.metric("mesos_dns_consul_services")).toBeUndefined();
    await server.reload({ ...masters, consul: { enabled: true, httpPort: port } });
    await serves(consul, "web");
    // The labels have been read, too, although nobody wanted them at first.
    expect(await consul.json("/v1/catalog/services")).toMatchObject({ web: ["rest"] });
    const other = await freePort();
    await server.reload({ ...masters, consul: { enabled: true, httpPort: other, tags: ["mesos"] } });
    await expect(consul.get("/v1/status/leader")).rejects.toThrow();
    await until("tags", async () => {
      const services = await consulAt(server, other).json<{ readonly web?: readonly string[] }>("/v1/catalog/services");
      return services.web?.includes("mesos");
    });
    await server.reload({ ...masters, consul: { httpPort: other } });
    await expect(consulAt(server, other).get("/v1/status/leader")).rejects.toThrow();
    await server.reload({ ...masters, consul: { enabled: true, httpPort: port } });
    await serves(consul, "web");
  });

  test("has no leader before the first state, and says so to who asks for services", async () => {
    const master = await startMaster();
    const port = await freePort();
    const consul = { enabled: true, httpPort: port };
    const server = await startServer([master], { consul }, { until: "listening" });
    const { get } = consulAt(server, port);
    const response = await get("/v1/catalog/services");
    expect([response.status, await response.text()]).toEqual([500, "No cluster leader"]);
    expect(await (await get("/v1/status/leader")).json()).toBe("");
    master.lead(consulCluster(webTask(1)));
    await serves(consulAt(server, port), "web");
  });

  test("keeps what it has while no master answers, and says how old it is", async () => {
    const master = await startMaster(consulCluster(webTask(1), API));
    const consul = await startConsul([master]);
    await serves(consul, "web", "api");
    const index = await consul.indexOf("/v1/health/service/web");
    master.answer({ status: 503 });
    const stale = await until("a failure", async () => {
      const response = await consul.get("/v1/health/service/web?passing");
      return response.headers.get("x-consul-knownleader") === "false" && response;
    });
    expect(Number(stale.headers.get("x-consul-lastcontact"))).toBeGreaterThan(0);
    expect(ports((await stale.json()) as readonly Instance[])).toEqual([31_001]);
    expect(await (await consul.get("/v1/status/leader")).json()).toBe("");
    // A new leader that has heard of no agent and no framework yet.
    master.lead({ id: "next", ...cluster({ recovered: [recoveredAgent("S0"), recoveredAgent("S1")] }) });
    await until("the leader", async () => (await (await consul.get("/v1/status/leader")).json()) !== "");
    expect(ports(await consul.json("/v1/health/service/web"))).toEqual([31_001]);
    master.lead(consulCluster(webTask(1), API));
    await until("contact", async () => {
      return (await consul.get("/v1/health/service/web")).headers.get("x-consul-lastcontact") === "0";
    });
    expect(await consul.indexOf("/v1/health/service/web")).toBe(index);
  });

  test("wakes who waits for what has changed, and nobody else", async () => {
    const master = await startMaster(consulCluster(webTask(1), API));
    const consul = await startConsul([master]);
    await serves(consul, "web", "api");
    const paths = [
      "/v1/health/service/web?passing",
      "/v1/health/service/api?passing",
      "/v1/catalog/service/web",
      "/v1/catalog/services",
    ];
    const woken: string[] = [];
    const asked = new AbortController();
    const waiting = await Promise.all(
      paths.map(async (path) => {
        const index = await consul.indexOf(path);
        return [path, `${path}${path.includes("?") ? "&" : "?"}index=${index}&wait=60s`] as const;
      }),
    );
    const answers = waiting.map(([path, target]) =>
      consul.get(target, { signal: asked.signal }).then(
        async (response) => {
          woken.push(path);
          return response.json();
        },
        () => undefined,
      ),
    );
    const isWaiting = async () => (await consul.server.metric("mesos_dns_consul_waiting_requests")) === paths.length;
    await until("all to wait", isWaiting);
    master.lead(consulCluster(webTask(1, { healthy: false }), API));
    expect(await answers[0]).toEqual([]);
    await until(
      "the next fetch",
      async () => (await consul.json<readonly unknown[]>("/v1/health/state/critical")).length === 1,
    );
    expect(woken).toEqual([paths[0]]);
    asked.abort();
    await until("nobody to wait", async () => (await consul.server.metric("mesos_dns_consul_waiting_requests")) === 0);
  });

  test("lets hundreds of requests of one client wait that come all at once, as after a restart", async () => {
    const COUNT = 600;
    const master = await startMaster(consulCluster(webTask(1), API));
    const consul = await startConsul([master]);
    await serves(consul, "web", "api");
    const index = await consul.indexOf("/v1/health/service/web");
    const path = `/v1/health/service/web?index=${index}&wait=60s`;
    const ask = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { host: "127.0.0.1", port: consul.port, path, agent: false };
        http
          .get(options, (response) => response.resume().once("end", () => resolve(response.statusCode)))
          .once("error", reject);
      });
    const answers = Array.from({ length: COUNT }, ask);
    const waiting = () => consul.server.metric("mesos_dns_consul_waiting_requests");
    await until("all to wait", async () => (await waiting()) === COUNT);
    master.lead(consulCluster(webTask(1), webTask(2), API));
    expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
  });

  test("has masters and agents as a service, if that is wanted", async () => {
    const master = await startMaster(consulCluster(webTask(1)));
    const consul = await startConsul([master], { mesosService: "mesos" });
    await serves(consul, "web", "mesos");
    const found = await consul.json<
      readonly { readonly ServicePort: number; readonly ServiceTags: readonly string[] }[]
    >("/v1/catalog/service/mesos?tag=leader");
    expect(found.map(({ ServicePort, ServiceTags }) => [ServicePort, ServiceTags])).toEqual([
      [master.port, ["leader", "master"]],
    ]);
    expect(await consul.json<readonly unknown[]>("/v1/catalog/service/mesos?tag=follower")).toHaveLength(2);
  });

  test("has metrics", async () => {
    const master = await startMaster(consulCluster(webTask(1, { healthy: false }), API));
    const { server, ...consul } = await startConsul([master], { allowWrite: ["192.0.2.0/24"] });
    await serves({ server, ...consul }, "web", "api");
    expect((await consul.get("/v1/agent/service/register", { method: "PUT" })).status).toBe(403);
    expect(await server.metric('mesos_dns_consul_instances{status="critical"}')).toBe(1);
    expect(await server.metric('mesos_dns_consul_instances{status="passing"}')).toBe(2);
    expect(await server.metric("mesos_dns_consul_services")).toBe(3);
    expect(await server.metric("mesos_dns_consul_nodes")).toBe(3);
    expect(await server.metric("mesos_dns_consul_refused_writes_total")).toBe(1);
    expect(await server.metric('mesos_dns_consul_requests_total{kind="agent",status="403"}')).toBe(1);
  });

  test("answers curl, in every spelling of a name with a slash", async () => {
    const master = await startMaster(consulCluster(webTask(1, { extra: labelled({ SERVICE_NAME: "hello/v1" }) })));
    const consul = await startConsul([master]);
    await serves(consul, "hello/v1");
    const curl = async (...words: readonly string[]) =>
      (await run("curl", ["-s", "--max-time", "10", ...words])).stdout;
    const at = (path: string) => `http://127.0.0.1:${consul.port}${path}`;
    for (const path of [
      "/v1/health/service/hello/v1",
      "/v1/health/service/hello%2Fv1",
      "/v1/health/service/HELLO%2fv1?passing",
    ])
      expect(JSON.parse(await curl("--compressed", at(path)))).toHaveLength(1);
    expect(await curl(at("/v1/catalog/datacenters?pretty"))).toBe('[\n    "dc1"\n]\n');
    expect(await curl("-L", at("/v1//catalog/./datacenters"), "--path-as-is")).toBe('["dc1"]');
    expect(await curl("-I", at("/v1/catalog/nodes"))).toMatch(/^x-consul-index: \d+\r$/im);
    expect(await curl("--http2-prior-knowledge", at("/v1/status/leader")).catch(() => "refused")).toBe("refused");
  });
});
