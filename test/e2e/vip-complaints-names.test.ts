import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ScriptedMaster } from "../support/scripted-master.js";
import { runProgram, Server } from "../support/server.js";
import { run } from "../support/tools.js";
import { type Instance, stateOf } from "../support/vip-node.js";
import { until } from "../support/wait.js";

/** What people wanted of the names of virtual addresses, as vip-complaints.test.ts has it for connections. */

const ZONE = "l4lb.thisdcos.directory";
/** Of five addresses, so that names collide. */
const RANGE = "127.11.11.0-127.11.11.4";
const NAMES = ["alpha", "beta", "gamma", "delta"];
const at = (vip: string): Instance => ({ ip: "192.0.2.10", port: 31_000, vip });
const ALL = NAMES.map((name) => at(`/${name}:8080`));

interface Vip {
  readonly vip: string;
  readonly address: string;
}

async function startMaster(instances: readonly Instance[], framework?: string): Promise<ScriptedMaster> {
  const master = await ScriptedMaster.start();
  onTestFinished(() => master.stop());
  master.lead(stateOf(instances, framework));
  return master;
}

async function startServer(master: ScriptedMaster, ports: object = {}): Promise<Server> {
  const vips = { names: true, ipv4Range: RANGE };
  return Server.start({ masters: [master.address], refreshSeconds: 1, maxShrink: 100, vips, ...ports });
}

const answerOf = async ({ port }: Server, name: string) =>
  (await run("dig", ["@127.0.0.1", "-p", String(port), "+short", name])).stdout.trim();

/** What a node would carry that follows this server. */
async function planOf({ httpPort }: Server): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-vips-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "config.json");
  const vips = { servers: [`http://127.0.0.1:${httpPort}`], ipv4Range: RANGE, runDir: join(folder, "run") };
  writeFileSync(file, JSON.stringify({ vips }));
  return (await runProgram("vips", "plan", "-config", file)).stdout;
}

test("11. a server that has started again knows all names as soon as it answers", async () => {
  const master = await startMaster(ALL);
  const first = await startServer(master);
  const before = await first.json<readonly Vip[]>("/v1/vips");
  expect(before).toHaveLength(NAMES.length);
  await first.stop();
  const second = await startServer(master, { port: first.port, httpport: first.httpPort });
  onTestFinished(() => second.stop());
  const answers = await Promise.all(before.map(({ vip }) => answerOf(second, vip.replace(/:8080$/, ""))));
  expect(answers).toEqual(before.map(({ address }) => address));
  expect(await second.json("/v1/vips")).toEqual(before);
});

test("12. all servers have the same addresses, whatever they have seen before, and so have their nodes", async () => {
  const [master, other] = [await startMaster(ALL), await startMaster(ALL.slice(1).toReversed())];
  const servers = [await startServer(master), await startServer(other)];
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.stop()))));
  const [one, two] = servers as [Server, Server];
  expect(await one.metric("mesos_dns_vip_collisions")).toBeGreaterThan(0);
  expect(await two.json("/v1/vips")).toHaveLength(NAMES.length - 1);
  other.lead(stateOf(ALL));
  await until("the fourth", async () => (await two.json<readonly Vip[]>("/v1/vips")).length === NAMES.length);
  const [a, b] = await Promise.all(servers.map((server) => server.fetch("/v1/vips")));
  expect(await b?.text()).toBe(await a?.text());
  expect(b?.headers.get("etag")).toBe(a?.headers.get("etag"));
  const plans = await Promise.all(servers.map(planOf));
  expect(plans[0]).toMatch(/^(?:add-service tcp:127\.11\.11\.[0-4]:8080 192\.0\.2\.10:31000 weight 1\n){4}$/);
  expect(plans[1]).toBe(plans[0]);
});

test("13. the list shows the whole name of an address, and that name resolves to it", async () => {
  const server = await startServer(await startMaster([at("/Group/my_app.web:8080")], "Marathon.Prod"));
  onTestFinished(() => server.stop());
  const [{ vip, address } = { vip: "", address: "" }] = await server.json<readonly Vip[]>("/v1/vips");
  expect(vip).toBe(`groupmy-app.web.marathon.prod.${ZONE}:8080`);
  expect(await answerOf(server, vip.replace(/:8080$/, ""))).toBe(address);
});
