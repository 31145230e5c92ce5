import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askUdp } from "../support/ask.js";
import { consulAt, consulCluster, serves, startConsul, webTask } from "../support/consul.js";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** Where Consul's API listens, if somebody else is there already. */

async function startStranger(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return server;
}

test("a reload to a place that somebody has leaves the API where it was, says so, and the next one moves it", async () => {
  const master = await startMaster(consulCluster(webTask(1)));
  const consul = await startConsul([master]);
  const { server } = consul;
  await serves(consul, "web");
  const [taken, free] = [await freePort(), await freePort()];
  await startStranger(taken);
  const reload = (port: number, host = "127.0.0.1") =>
    server.reload({ masters: [master.address], consul: { enabled: true, httpPort: port, httpListener: host } });
  await reload(taken);
  await server.logged(new RegExp(`^Consul's API 127.0.0.1:${taken} is in use.*; it stays where it was`));
  await serves(consul, "web");
  await reload(free);
  await serves(consulAt(server, free), "web");
  await expect(consul.get("/v1/status/leader")).rejects.toThrow();
  // The same port at more addresses, which nobody can have beside the former one.
  await reload(free, "0.0.0.0");
  await serves(consulAt(server, free), "web");
  await reload(free, "192.0.2.77");
  await serves(consulAt(server, free), "web");
});

test("a start that takes over waits for nobody who has the API's port, and opens it when he has gone", async () => {
  const master = await startMaster(consulCluster(webTask(1)));
  const [port, other] = [await freePort(), await freePort()];
  const strangers = [await startStranger(port), await startStranger(other)];
  const consul = (httpPort: number) => ({ consul: { enabled: true, httpPort } });
  const server = await startServer([master], consul(port), { args: ["-take-over"] });
  await server.logged(/^waiting for the other process to let go of Consul's API/);
  await server.logged(/^listening/);
  const line = await server.reload({ masters: [master.address], ttl: 7, ...consul(other) });
  expect(line.msg).toMatch(/^changed ttl/);
  strangers[0]?.close();
  strangers[1]?.close();
  await until("the API", async () => (await consulAt(server, other).get("/v1/agent/self")).status === 200);
  await serves(consulAt(server, other), "web");
  expect((await consulAt(server, other).get("/v1/kv/nothing")).status).toBe(404);
  await expect(consulAt(server, port).get("/v1/status/leader")).rejects.toThrow();
});

test("a start answers names though somebody has the API's port, says so, and opens it when he has gone", async () => {
  const master = await startMaster(consulCluster(webTask(1)));
  const port = await freePort();
  const stranger = await startStranger(port);
  const server = await startServer([master], { consul: { enabled: true, httpPort: port } });
  await server.logged(new RegExp(`^Consul's API 127.0.0.1:${port} is in use: .*; it is opened when it is free`));
  expect((await askUdp(server, "web.service.consul")).rcode).toBe("NOERROR");
  expect(await server.metric("mesos_dns_consul_open")).toBe(0);
  stranger.close();
  await until("the API", async () => (await server.metric("mesos_dns_consul_open")) === 1);
  await serves(consulAt(server, port), "web");
});

test("another datacenter is in all answers from the reload on, and who waits is told", async () => {
  const master = await startMaster(consulCluster(webTask(1)));
  const consul = await startConsul([master]);
  const { server, port } = consul;
  await serves(consul, "web");
  const ofAll = async () => {
    const [web] = await consul.json<{ readonly Datacenter: string }[]>("/v1/catalog/service/web");
    const [node] = await consul.json<{ readonly Datacenter: string }[]>("/v1/catalog/nodes");
    return [web?.Datacenter, node?.Datacenter];
  };
  expect(await ofAll()).toEqual(["dc1", "dc1"]);
  const waiting = consul.get(
    `/v1/catalog/service/web?index=${await consul.indexOf("/v1/catalog/service/web")}&wait=60s`,
  );
  await server.reload({
    masters: [master.address],
    consul: { enabled: true, nodeName: "dns-1", httpPort: port, datacenter: "east" },
  });
  expect(await (await waiting).json()).toMatchObject([{ Datacenter: "east" }]);
  expect(await ofAll()).toEqual(["east", "east"]);
});

test("what is registered at this agent is this server alone, whatever a task calls itself", async () => {
  const own = "127.0.0.1";
  const labels = [{ key: "SERVICE_NAME", value: "consul" }];
  const tasks = [task("fake", { agent: "S0", ports: [31_000], extra: { labels } })];
  const state = cluster({ agents: [agent("S0", { ip: own })], frameworks: [framework("marathon", { tasks })] });
  const master = await startMaster(state);
  const nodeName = own.replaceAll(".", "-");
  const consul = await startConsul([master], { nodeName });
  await until("both", async () => (await consul.json<unknown[]>("/v1/catalog/service/consul")).length === 2);
  const nodes = await consul.json<{ readonly Node: string }[]>("/v1/catalog/service/consul");
  expect(nodes.map(({ Node }) => Node)).toEqual([nodeName, nodeName]);
  expect(Object.keys(await consul.json("/v1/agent/services"))).toEqual(["consul"]);
});
