import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import { consulCluster, labelled, serves, startConsul, webTask } from "../support/consul.js";
import { startMaster } from "../support/scenario.js";
import { until } from "../support/wait.js";

/** What these tests use of the client library; its versions before 1.2 call back unless they are told to give promises. */
interface Client {
  readonly catalog: {
    readonly service: { list(): Promise<unknown>; nodes(options: object): Promise<readonly unknown[]> };
    readonly node: { list(): Promise<readonly { readonly Node: string }[]>; services(name: string): Promise<unknown> };
    datacenters(): Promise<unknown>;
  };
  readonly health: {
    service(options: object): Promise<readonly { readonly Service: { readonly Service: string } }[]>;
    state(state: string): Promise<readonly unknown[]>;
  };
  readonly agent: {
    self(): Promise<{ readonly Config: { readonly Datacenter: string } }>;
    readonly service: { register(options: object): Promise<unknown> };
  };
  readonly status: { leader(): Promise<string> };
  watch(options: object): EventEmitter & { end(): void };
}
type ClientClass = new (options: object) => Client;

const load = createRequire(import.meta.url);
const VERSIONS = ["0.40", "1.2", "2.0"] as const;
const clientOf = (version: (typeof VERSIONS)[number], port: number) => {
  const Consul = load(`consul-${version.split(".")[0]}`) as ClientClass;
  return new Consul({ host: "127.0.0.1", port: version === "0.40" ? String(port) : port, promisify: true });
};

describe.each(VERSIONS)("the library consul %s", (version) => {
  test("finds services and nodes, and is refused with words where it registers one", async () => {
    const tasks = [webTask(1), webTask(2, { extra: labelled({ SERVICE_NAME: "hello/v1", SERVICE_TAGS: "rest" }) })];
    const consul = await startConsul([await startMaster(consulCluster(...tasks))]);
    await serves(consul, "web", "hello/v1");
    const client = clientOf(version, consul.port);
    expect(await client.catalog.service.list()).toEqual({ consul: [], "hello/v1": ["rest"], web: ["rest"] });
    expect(await client.catalog.service.nodes({ service: "hello/v1" })).toHaveLength(1);
    const [{ Service: found }] = await client.health.service({ service: "hello/v1", passing: true });
    expect(found.Service).toBe("hello/v1");
    const nodes = await client.catalog.node.list();
    expect(nodes).toHaveLength(3);
    expect(await client.catalog.node.services(nodes[0].Node)).toMatchObject({ Node: { Node: nodes[0].Node } });
    expect(await client.health.state("any")).toHaveLength(6);
    expect((await client.agent.self()).Config.Datacenter).toBe("dc1");
    expect(await client.status.leader()).toMatch(/:8300$/);
    await expect(client.agent.service.register({ name: "mine" })).rejects.toThrow(/forbidden|403/i);
  });

  test("watches a service, and is told of each change once", async () => {
    const master = await startMaster(consulCluster(webTask(1)));
    const consul = await startConsul([master]);
    await serves(consul, "web");
    const client = clientOf(version, consul.port);
    const method = client.health.service;
    const watch = client.watch({ method, options: { service: "web", passing: true, wait: "20s" } });
    onTestFinished(() => watch.end());
    const told: number[] = [];
    const errors: unknown[] = [];
    watch.on("change", (instances: readonly unknown[]) => told.push(instances.length));
    watch.on("error", (error: unknown) => errors.push(error));
    await until("the first answer", async () => told.length === 1);
    master.lead(consulCluster(webTask(1), webTask(2)));
    await until("the second answer", async () => told.length === 2);
    master.lead(consulCluster(webTask(1, { healthy: false }), webTask(2)));
    await until("the third answer", async () => told.length === 3);
    expect([told, errors]).toEqual([[1, 2, 1], []]);
  });
});
