import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { PROGRAM, Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { until } from "../support/wait.js";

const CHECKER = "../shared/vips/check.mjs";

/** A task with a virtual address, on an agent's network. */
function backend(id: string, port: number, vip = "/redis:6379"): object {
  const labels = {
    labels: [
      { key: "VIP_0", value: vip },
      { key: "network-scope", value: "host" },
    ],
  };
  return task("redis", {
    id,
    agent: "S0",
    ip: "192.0.2.10",
    ports: [port],
    extra: { discovery: { name: "redis", ports: { ports: [{ number: port, protocol: "tcp", labels }] } } },
  });
}

const stateOf = (tasks: readonly object[]) =>
  cluster({
    agents: [agent("S0", { ip: "192.0.2.10" })],
    frameworks: [framework("marathon", { tasks: tasks as never[] })],
  });

interface Vip {
  readonly vip: string;
  readonly address: string;
  readonly backend: readonly { readonly ip: string; readonly port: number; readonly weight: number }[];
}

test("all cases that were captured from DC/OS come out the same", { timeout: 120_000 }, async () => {
  const words = [CHECKER, "--", process.execPath, PROGRAM, "-config=%CONFIG%"];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 110_000 });
  expect(stdout).toMatch(/^24 passed, 0 failed$/m);
});

describe("virtual addresses", () => {
  let master: ScriptedMaster;
  let server: Server;
  beforeAll(async () => {
    master = await ScriptedMaster.start();
    master.lead(stateOf([backend("redis.1", 31000)]));
    server = await Server.start({ masters: [master.address], vips: { names: true, lingerSeconds: 1 } });
  });
  afterAll(async () => {
    await server?.stop();
    await master?.stop();
  });

  const listOf = async () => server.json<readonly Vip[]>("/v1/vips");
  const digOf = async (...words: string[]) =>
    (await run("dig", ["@127.0.0.1", "-p", String(server.port), ...words])).stdout.trim();
  const answerOf = (...words: string[]) => digOf("+short", ...words);

  test("have the names, addresses and TTL of DC/OS, below all zones that it knows", async () => {
    for (const zone of [
      "l4lb.thisdcos.directory",
      "dclb.thisdcos.directory",
      "l4lb.thisdcos.global",
      "dclb.thisdcos.global",
    ]) {
      const text = await digOf("+noall", "+answer", `redis.marathon.${zone}`);
      expect(text).toMatch(new RegExp(`redis\\.marathon\\.${zone}\\.\\s+5\\s+IN\\s+A\\s+11\\.202\\.66\\.162`));
    }
    expect(await answerOf("redis.marathon.l4lb.thisdcos.directory", "AAAA")).toBe("");
    expect(await answerOf("-x", "11.202.66.162")).toBe("redis.marathon.l4lb.thisdcos.directory.");
  });

  test("are listed with a tag, and who waits hears of a change at once", async () => {
    const first = await server.fetch("/v1/vips");
    const etag = first.headers.get("etag") ?? "";
    expect(await first.json()).toEqual([
      {
        vip: "redis.marathon.l4lb.thisdcos.directory:6379",
        address: "11.202.66.162",
        protocol: "tcp",
        backend: [{ ip: "192.0.2.10", port: 31000, weight: 1, agent: "192.0.2.10" }],
      },
    ]);
    expect((await server.fetch("/v1/vips", { headers: { "if-none-match": etag } })).status).toBe(304);
    const waiting = server.fetch(`/v1/vips?wait=30s&etag=${encodeURIComponent(etag)}`);
    master.lead(stateOf([backend("redis.1", 31000), backend("redis.2", 31001)]));
    const next = await waiting;
    expect(next.status).toBe(200);
    expect(((await next.json()) as readonly Vip[])[0]?.backend.map(({ port }) => port)).toEqual([31000, 31001]);
    const idle = await server.fetch(`/v1/vips?wait=200ms&etag=${encodeURIComponent(next.headers.get("etag") ?? "")}`);
    expect(idle.status).toBe(304);
    expect((await server.fetch("/v1/vips?wait=soon")).status).toBe(400);
  });

  test("stay for a while without targets, and then are gone", async () => {
    master.lead(stateOf([]));
    await until("no targets", async () => (await listOf())[0]?.backend.length === 0);
    expect(await answerOf("redis.marathon.l4lb.thisdcos.directory")).toBe("11.202.66.162");
    await until("its end", async () => (await answerOf("redis.marathon.l4lb.thisdcos.directory")) === "");
    expect(await listOf()).toEqual([]);
  });

  test("have metrics, and a log line for a label that is none", async () => {
    master.lead(stateOf([backend("redis.1", 31000), backend("bad.1", 31002, "/nocolon")]));
    await until("the count", async () => (await server.metric('mesos_dns_vip_skipped{reason="value"}')) === 1);
    expect(await server.metric("mesos_dns_vips")).toBe(1);
    expect(await server.metric('mesos_dns_vip_backends{weight="positive"}')).toBe(1);
    const line = await server.logged(/^a label leads to no virtual address: its value ends in a colon and a port/);
    expect(line).toMatchObject({ task: expect.stringContaining("bad.1"), label: "VIP_0=/nocolon", reason: "value" });
  });

  test("come and go with their key, without a restart", async () => {
    await server.reload({ masters: [master.address] });
    expect((await server.fetch("/v1/vips")).status).toBe(404);
    await until("no name", async () => (await answerOf("redis.marathon.l4lb.thisdcos.directory")) === "");
    await server.reload({ masters: [master.address], vips: { names: true } });
    await until("the name", async () => (await answerOf("redis.marathon.l4lb.thisdcos.directory")) === "11.202.66.162");
  });
});
