import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { askUdp } from "../support/ask.js";
import type { Json } from "../support/json.js";
import { taskAdded, taskUpdated } from "../support/operator-api.js";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import type { Server } from "../support/server.js";
import { until } from "../support/wait.js";

const SELDOM = { refreshSeconds: 3600, catalog: true };
const S0 = { ...agent("S0"), attributes: { rack: "7a" } };
const web = (number: number, extra: Json = {}) =>
  task("web", {
    id: `web.${number}`,
    agent: "S0",
    ip: `203.0.113.${number}`,
    extra: { labels: [{ key: "owner", value: "team-a" }], ...extra },
  });
const API = task("api", { agent: "S0", ports: [31000] });
const stateWith = (...tasks: readonly Json[]) =>
  cluster({ agents: [S0], frameworks: [framework("marathon", { tasks })] });
const WEB = "/v1/catalog/services/marathon/web";

interface Listed {
  readonly index: number;
  readonly services: readonly { readonly name: string; readonly instances: number; readonly healthy: number }[];
}
interface Shown {
  readonly index: number;
  readonly instances: readonly (Json & { readonly task: string })[];
}

async function filled(server: Server): Promise<Listed> {
  await until("the catalogue", async () => (await server.fetch("/v1/catalog")).status === 200);
  return server.json<Listed>("/v1/catalog");
}

const instances = (services: Listed["services"]) => services.map(({ name, instances }) => `${name} ${instances}`);

async function startFollowing(state: Json, config: Json = {}): Promise<{ master: ScriptedMaster; server: Server }> {
  const master = await startMaster();
  master.leadWithEvents(state);
  const server = await startServer([master], { ...SELDOM, ...config });
  await until("the stream", async () => (await server.metric("mesos_dns_stream_connected")) === 1);
  if (config.catalog !== "auto") await filled(server);
  return { master, server };
}

describe("the catalogue", () => {
  it("is not there unless it is wanted, and says how to have it", async () => {
    const { server } = await startFollowing(stateWith(web(1)), { catalog: "auto" });
    for (const path of ["/v1/catalog", "/v1/catalog/nodes", WEB, `${WEB}?index=7`]) {
      const response = await server.fetch(path);
      expect(response.status).toBe(404);
      expect(((await response.json()) as { error: string }).error).toMatch(
        /no catalogue is kept: set "catalog" to true/,
      );
    }
    expect(await server.metric("mesos_dns_catalog_services")).toBeUndefined();
  });

  it("is 503 before the first state, like other routes about the cluster", async () => {
    const master = await startMaster();
    const server = await startServer([master], SELDOM, { until: "listening" });
    const response = await server.fetch("/v1/catalog?index=7");
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("shows services, one of them in full, and nodes", async () => {
    const { server } = await startFollowing(stateWith(web(1), web(2), API));
    const { services } = await filled(server);
    expect(instances(services)).toEqual(["api 1", "web 2"]);
    const shown = await server.json<Shown>(WEB);
    expect(shown.instances[0]).toMatchObject({
      task: "web.1",
      node: "agents-S0",
      addresses: { agent: ["192.0.2.10"], container: ["203.0.113.1"] },
      labels: [{ key: "owner", value: "team-a" }],
      health: "unknown",
    });
    expect(await server.json("/v1/catalog/nodes")).toMatchObject({
      nodes: [{ id: "agents-S0", attributes: [{ key: "rack", value: "7a" }] }],
    });
    expect(await server.metric("mesos_dns_catalog_instances")).toBe(3);
    expect(server.troubles()).toEqual([]);
  });

  it("follows events: who waits for a service wakes for it, and for nothing else", async () => {
    const { master, server } = await startFollowing(stateWith(web(1), API));
    const { index } = await server.json<Shown>(WEB);
    let isAwake = false;
    const asked = server.fetch(`${WEB}?index=${index}&wait=30s`).then((response) => {
      isAwake = true;
      return response.json() as Promise<Shown>;
    });
    const list = server.json<Listed>(`/v1/catalog?index=${index}&wait=30s`);
    await until("who waits", async () => (await server.metric("mesos_dns_catalog_waiters")) === 2);
    master.subscribers.say(taskAdded(task("other", { agent: "S0" })));
    expect(instances((await list).services)).toEqual(["api 1", "other 1", "web 1"]);
    expect(isAwake).toBe(false);
    const said = performance.now();
    master.subscribers.say(taskAdded(web(2)));
    expect((await asked).instances.map(({ task }) => task)).toEqual(["web.1", "web.2"]);
    expect(performance.now() - said).toBeLessThan(1_000);
  });

  it("keeps a task that is being killed, though its name is gone, and tells of its health", async () => {
    const { master, server } = await startFollowing(stateWith(web(1), web(2)));
    const { index } = await server.json<Shown>(WEB);
    master.subscribers.say(taskUpdated(web(1), "TASK_KILLING"));
    const killing = await server.json<Shown>(`${WEB}?index=${index}`);
    expect(killing.instances.map(({ killing }) => killing)).toEqual([true, false]);
    const { answers } = await askUdp(server, "web.marathon.mesos");
    expect(answers).toHaveLength(1);
    const status = { healthy: false, timestamp: 1_700_000_200 };
    master.subscribers.say(taskUpdated(web(2), "TASK_RUNNING", status));
    const unhealthy = await server.json<Shown>(`${WEB}?index=${killing.index}`);
    expect(unhealthy.instances[1]?.health).toBe("unhealthy");
    expect((await server.json<Listed>("/v1/catalog")).services[0]).toMatchObject({ instances: 2, healthy: 0 });
  });

  it("wakes nobody for a new leader that says the same in another order, and has heard of nobody first", async () => {
    const { master, server } = await startFollowing(stateWith(web(1), web(2), API));
    const { index } = await server.json<Listed>("/v1/catalog");
    const second = await ScriptedMaster.start();
    onTestFinished(() => second.stop());
    second.lead(cluster({ agents: [], frameworks: [] }));
    await server.reload({ masters: [second.address], ...SELDOM, refreshSeconds: 1 });
    await master.stop().catch(() => undefined);
    await until("what is kept", async () => (await server.metric("mesos_dns_guard_held_tasks")) === 3);
    second.lead(stateWith(API, web(2), web(1)));
    await until("what is back", async () => (await server.metric("mesos_dns_guard_held_tasks")) === 0);
    expect((await server.json<Listed>("/v1/catalog")).index).toBe(index);
  });

  it("is turned on by SIGHUP with what a whole state says, and off again", async () => {
    const { server } = await startFollowing(stateWith(web(1)), { catalog: "auto" });
    const masters = JSON.parse(JSON.stringify(await server.json<{ Masters: string[] }>("/v1/config"))).Masters;
    expect((await server.reload({ masters, ...SELDOM })).msg).toMatch(/changed .*catalog/);
    await filled(server);
    expect((await server.json<Shown>(WEB)).instances[0]).toMatchObject({ labels: [{ key: "owner", value: "team-a" }] });
    await server.reload({ masters, ...SELDOM, catalog: "auto" });
    expect((await server.fetch(WEB)).status).toBe(404);
    expect(server.troubles()).toEqual([]);
  });

  it("says once what of a service is left out, and serves the rest", async () => {
    const labels = [{ key: "good", value: "1" }, { key: "long", value: "x".repeat(20_000) }, "none"];
    const { server } = await startFollowing(stateWith(web(1, { labels }), API));
    expect((await server.json<Shown>(WEB)).instances[0]?.labels).toEqual([{ key: "good", value: "1" }]);
    expect(await server.metric('mesos_dns_catalog_dropped{what="facts"}')).toBe(2);
    expect(server.troubles()).toMatchObject([{ thread: "builder", framework: "marathon", service: "web", dropped: 2 }]);
  });

  it("is kept over a restart under a leader that has heard of nobody, labels and all", async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "mesos-dns-catalog-"));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const { master, server } = await startFollowing(stateWith(web(1), API), { stateDir });
    const { index } = await server.json<Listed>("/v1/catalog");
    await server.stop();
    master.lead(cluster({ agents: [], frameworks: [] }));
    const next = await startServer([master], { ...SELDOM, stateDir });
    const { services, index: later } = await filled(next);
    expect(instances(services)).toEqual(["api 1", "web 1"]);
    expect(later).toBeGreaterThan(index);
    expect((await next.json<Shown>(WEB)).instances[0]?.labels).toEqual([{ key: "owner", value: "team-a" }]);
  });

  it("answers those who wait when it stops", async () => {
    const { server } = await startFollowing(stateWith(web(1)));
    const { index } = await server.json<Shown>(WEB);
    const asked = server.fetch(`${WEB}?index=${index}&wait=5m`);
    await until("who waits", async () => (await server.metric("mesos_dns_catalog_waiters")) === 1);
    const stopping = server.stop();
    expect((await (await asked).json()) as Shown).toMatchObject({ index });
    await stopping;
  });
});
