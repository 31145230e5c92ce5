import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Template } from "../support/consul-template.js";
import { functionsText, haproxyConfig, modern } from "../support/consul-templates.js";
import type { Json } from "../support/json.js";
import { startServer } from "../support/scenario.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { freePort, type Server } from "../support/server.js";
import { run, start } from "../support/tools.js";
import { until } from "../support/wait.js";

/** The stacks of those who came from Consul: what their templates make of the answers, and HAProxy's own resolver. */

const SHARED = "../shared/consul";

interface Consul {
  readonly server: Server;
  readonly master: ScriptedMaster;
  readonly api: string;
}

async function startConsul(state: Json, config: object = {}): Promise<Consul> {
  const master = await ScriptedMaster.start();
  onTestFinished(() => master.stop());
  master.lead(state);
  const httpPort = await freePort();
  const consul = { enabled: true, nodeName: "consul-ref", httpPort };
  const server = await startServer([master], { consul, maxUdpPayload: 4096, maxShrink: 100, ...config });
  const api = `http://127.0.0.1:${httpPort}`;
  await until("the catalogue", async () => (await fetch(`${api}/v1/catalog/services`)).status === 200);
  return { server, master, api };
}

async function put(api: string, key: string, value: string): Promise<void> {
  const response = await fetch(`${api}/v1/kv/${key}`, { method: "PUT", body: value });
  expect(await response.text()).toBe("true");
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mesos-dns-consul-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Render {
  readonly template: string;
  readonly state: string;
  readonly kv: Readonly<Record<string, string>>;
  readonly expected: string;
}

const renders: readonly Render[] = JSON.parse(readFileSync(`${SHARED}/templates/renders.json`, "utf8"));
const MAKERS: Readonly<Record<string, (template: Template) => Promise<string>>> = {
  "haproxy.ctmpl": haproxyConfig,
  "functions.ctmpl": functionsText,
};

test.each(renders)("a template is filled as with Consul: $expected", async ({ template, state, kv, expected }) => {
  const { api } = await startConsul(JSON.parse(readFileSync(`${SHARED}/${state}`, "utf8")));
  for (const [key, value] of Object.entries(kv)) await put(api, key, value);
  const make = MAKERS[template];
  expect(await make?.(new Template(api))).toBe(readFileSync(`${SHARED}/templates/${expected}`, "utf8"));
});

/** A web server that says who it is, and the path that it was asked for. */
async function startWeb(name: string): Promise<{ readonly port: number; readonly server: HttpServer }> {
  const server = createServer((request, response) => void response.end(`${name} ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

const LABELS = {
  labels: [
    { key: "SERVICE_NAME", value: "hello/v1" },
    { key: "SERVICE_TAGS", value: "rest" },
  ],
};
const AGENT = agent("S0", { ip: "127.0.0.1" });
const hello = (id: string, port: number) => task("hello", { id, agent: "S0", ports: [port], extra: LABELS });
const stateWith = (tasks: readonly Json[]) =>
  cluster({ agents: [AGENT], frameworks: [framework("marathon", { tasks })] });

test("a task labelled SERVICE_NAME and SERVICE_TAGS is served by the HAProxy whose configuration is made of that", async () => {
  const [one, two] = [await startWeb("one"), await startWeb("two")];
  const { api, master } = await startConsul(stateWith([hello("a", one.port)]));
  await put(api, "service/haproxy/maxconn", "100");
  const path = join(folder(), "haproxy.cfg");
  const port = await freePort();
  const write = async () => writeFileSync(path, modern(await haproxyConfig(new Template(api)), port));
  await write();
  expect((await run("haproxy", ["-c", "-f", path])).stderr).toBe("");
  const haproxy = start("haproxy", ["-W", "-db", "-f", path]);
  onTestFinished(() => haproxy.stop());
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/hello/v1/world`).catch(() => undefined);
    return response?.status === 200 ? await response.text() : undefined;
  };
  await until("an answer", async () => (await ask()) === "one /world");
  const index = (await fetch(`${api}/v1/health/service/hello/v1?passing=1`)).headers.get("x-consul-index");
  const woken = fetch(`${api}/v1/health/service/hello/v1?passing=1&stale=&wait=60000ms&index=${index}`);
  master.lead(stateWith([hello("b", two.port)]));
  expect(((await (await woken).json()) as { Service: { Port: number } }[]).map((each) => each.Service.Port)).toEqual([
    two.port,
  ]);
  await write();
  haproxy.signal("SIGUSR2");
  await until("the other task's answer", async () => (await ask()) === "two /world");
});

describe("HAProxy's own resolver", () => {
  const many = (count: number) =>
    stateWith(
      Array.from({ length: count }, (_, i) => task("many", { id: `many.${i}`, agent: "S0", ports: [31000 + i] })),
    );

  /** The addresses of the servers that a template of HAProxy's has filled, from its socket. */
  async function startTemplate(server: Server, payload: string): Promise<() => Promise<readonly string[]>> {
    const home = folder();
    const socket = join(home, "haproxy.sock");
    writeFileSync(
      join(home, "haproxy.cfg"),
      `global
  stats socket ${socket} mode 600
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
resolvers consul
  nameserver here 127.0.0.1:${server.port}
  ${payload}
  timeout resolve 300ms
  hold valid 300ms
  hold obsolete 300ms
backend many
  server-template many 40 _many._tcp.service.consul resolvers consul resolve-opts allow-dup-ip resolve-prefer ipv4 init-addr none
`,
    );
    const haproxy = start("haproxy", ["-db", "-f", join(home, "haproxy.cfg")]);
    onTestFinished(() => haproxy.stop());
    await until("its socket", async () => existsSync(socket));
    return async () => {
      const { askAt } = await import("../../src/haproxy/socket.js");
      const [state = ""] = await askAt(socket)(["show servers state many"]);
      const fields = state.split("\n").map((line) => line.split(" "));
      return fields.flatMap((line) =>
        line[1] === "many" && line[4] !== "-" && line[4] !== undefined ? `${line[4]}:${line[18]}` : [],
      );
    };
  }

  test("fills forty servers from one answer, and follows those that come and go", async () => {
    const { server, master } = await startConsul(many(40));
    const servers = await startTemplate(server, "accepted_payload_size 4096");
    await until("40 servers", async () => new Set(await servers()).size === 40);
    master.lead(many(12));
    await until("12 servers", async () => new Set(await servers()).size === 12);
    expect((await servers()).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, i) => `127.0.0.1:${31000 + i}`).toSorted(),
    );
    master.lead(many(40));
    await until("40 servers again", async () => new Set(await servers()).size === 40);
  });

  test("gets a few, others each time, where it takes no more than 512 octets", async () => {
    const { server } = await startConsul(many(40));
    const servers = await startTemplate(server, "accepted_payload_size 512");
    await until("some servers", async () => (await servers()).length >= 3);
    expect((await servers()).length).toBeLessThan(40);
  });
});
