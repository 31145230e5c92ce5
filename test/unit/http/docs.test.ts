import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agent, cluster, framework, task } from "../../support/scripted-master.js";
import { API } from "../catalog/support.js";
import { configOf } from "../config/support.js";
import { Followed } from "./catalog/support.js";
import { apiOf, chunksOf, NOW } from "./support.js";

const MAPPING = { host_port: 31000, container_port: 80, protocol: "tcp" };
const NETWORK = { name: "dcos", ip_addresses: [{ ip_address: "203.0.113.1" }] };
const PORT = { number: 80, name: "http", protocol: "tcp", labels: { labels: [{ key: "VIP_0", value: "/web:80" }] } };
const WEB = task("web", {
  id: "web.0f5d2b1c",
  agent: "S0",
  discovery: { name: "web", ports: [PORT] },
  extra: {
    labels: [{ key: "owner", value: "team-a" }],
    health_check: {},
    container: { type: "DOCKER", docker: { port_mappings: [MAPPING] } },
    statuses: [{ state: "TASK_RUNNING", timestamp: 1, healthy: false, container_status: { network_infos: [NETWORK] } }],
  },
});
const S0 = { ...agent("S0", { ip: "192.0.2.10", hostname: "agent-0.example" }), attributes: { rack: "7a", cpus: 16 } };
const tasks = [WEB, { ...API, slave_id: "agents-S0" }];
const { board } = new Followed(cluster({ agents: [S0], frameworks: [framework("marathon", { tasks })] }));

const FAILED = {
  isUp: false,
  since: NOW,
  against: 0,
  changes: [NOW],
  caution: 1,
  last: { at: NOW + 1_000, seconds: 0.002, error: "connection refused" },
};
const EDGE = { name: "edge@192.0.2.10", check: "edge", type: "http", address: "192.0.2.10" };
const HEALTH = {
  report: () => ({
    instances: [{ ...EDGE, isHealthy: false, state: FAILED, changes: 1, since: NOW, override: undefined }],
    durations: [],
    late: 0,
  }),
  override: () => Promise.reject(new Error("nobody is to say so here")),
};

/** A request with a socket. */
const THIS_MACHINE = { incoming: { socket: { remoteAddress: "127.0.0.1", remotePort: 1, remoteFamily: "IPv4" } } };

const text = readFileSync(new URL("../../../docs/http-api.md", import.meta.url), "utf8");
const EXAMPLE = /```console\n\$ curl -s (?:-X (\w+) )?'?http:\/\/localhost:8123([^\s']+)'?\n([\s\S]*?)```/g;
const examples = [...text.matchAll(EXAMPLE)].map(([, method = "GET", path = "", answer = ""]) => [
  method,
  path,
  answer,
]);
const listing = examples.find(([, path]) => path === "/v1/enumerate")?.[2] ?? "";

describe("docs/http-api.md", () => {
  test.each(examples)("%s %s answers as shown", async (method, path, answer) => {
    const config = configOf(method === "POST" ? { cache: { allowFlush: true } } : {});
    const { api } = apiOf({
      enumerate: () => chunksOf([listing]),
      config: () => config,
      catalog: board,
      health: HEALTH,
    });
    const response = await api.request(path, { method }, path.startsWith("/v1/top") ? THIS_MACHINE : undefined);
    expect(await response.json()).toEqual(JSON.parse(answer));
  });

  test("every route has its section, or its row in one", () => {
    const sections = new Set(
      [...text.matchAll(/^(?:## |\| `)GET ([^\s?`]+)/gm)].map(([, path]) => path.replace(/\{(\w+)\}/g, ":$1")),
    );
    const routes = new Set(
      apiOf()
        .api.routes.filter(({ method }) => method === "GET")
        .map(({ path }) => path),
    );
    expect(sections).toEqual(routes);
  });
});
