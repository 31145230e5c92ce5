import { expect } from "vitest";
import type { Json } from "./json.js";
import { startServer } from "./scenario.js";
import { agent, cluster, framework, task } from "./scripted-master.js";
import { freePort, type Server } from "./server.js";
import { until } from "./wait.js";

/** A running program that serves Consul's API, and questions to it. */

export interface ConsulAt {
  readonly server: Server;
  /** Of Consul's API. */
  readonly port: number;
  get(path: string, init?: RequestInit): Promise<Response>;
  json<T = Json>(path: string): Promise<T>;
  /** The index of an answer. */
  indexOf(path: string): Promise<number>;
}

export async function startConsul(
  masters: readonly { readonly address: string }[],
  consul: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<ConsulAt> {
  const port = await freePort();
  const settings = { enabled: true, nodeName: "dns-1", httpPort: port, ...consul };
  const server = await startServer(masters, { consul: settings, ...more });
  return consulAt(server, port);
}

export function consulAt(server: Server, port: number): ConsulAt {
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return {
    server,
    port,
    get,
    json: async <T>(path: string) => (await (await get(path)).json()) as T,
    indexOf: async (path) => Number((await get(path)).headers.get("x-consul-index")),
  };
}

/** Resolves when the catalogue has exactly these services beside Consul's own, in any order. */
export async function serves(consul: ConsulAt, ...names: readonly string[]): Promise<void> {
  await until(`the services ${names.join(" ")}`, async () => {
    const response = await consul.get("/v1/catalog/services");
    if (response.status !== 200) return false;
    const { consul: own, ...others } = (await response.json()) as Readonly<Record<string, unknown>>;
    expect(own).toEqual([]);
    return Object.keys(others).toSorted().join() === names.toSorted().join();
  });
}

/** A cluster of two agents with these tasks of marathon. */
export function consulCluster(...tasks: readonly Json[]): Json {
  const agents = [agent("S0", { ip: "192.0.2.10" }), agent("S1", { ip: "192.0.2.11" })];
  return cluster({ agents, frameworks: [framework("marathon", { tasks })] });
}

export function labelled(pairs: Readonly<Record<string, string>>): Json {
  return { labels: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
}

/** An instance of `web` on the first agent, with the tag `rest`. */
export function webTask(number: number, options: { readonly healthy?: boolean; readonly extra?: Json } = {}): Json {
  const { healthy = true, extra = labelled({ SERVICE_TAGS: "rest" }) } = options;
  return task("web", { id: `web.${number}`, agent: "S0", ports: [31_000 + number], healthy, extra });
}
