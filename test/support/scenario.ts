import { onTestFinished } from "vitest";
import { type At, askUdp } from "./ask.js";
import { lines } from "./dns.js";
import type { Json } from "./json.js";
import { agent, cluster, framework, ScriptedMaster, type ScriptedMasterOptions, task } from "./scripted-master.js";
import { Server, type StartOptions } from "./server.js";
import { Upstream } from "./upstream.js";
import { until } from "./wait.js";

/** What one test starts, and stops when it is over: the last first. */

/** A master that leads with `state`; without one it answers 503. */
export async function startMaster(state?: Json, options?: ScriptedMasterOptions): Promise<ScriptedMaster> {
  const master = await ScriptedMaster.start(options);
  onTestFinished(() => master.stop());
  if (state) master.lead(state);
  return master;
}

export async function startServer(
  masters: readonly { readonly address: string }[],
  config: Readonly<Record<string, unknown>> = {},
  options: StartOptions = {},
): Promise<Server> {
  const server = await Server.start({ masters: masters.map(({ address }) => address), ...config }, options);
  onTestFinished(() => server.stop());
  return server;
}

export async function startUpstream(...how: Parameters<typeof Upstream.start>): Promise<Upstream> {
  const upstream = await Upstream.start(...how);
  onTestFinished(() => upstream.stop());
  return upstream;
}

/** A resolver that answers every name with one address, and nothing before `answer` has been called. */
export async function startHeldUpstream(data: string): Promise<{ upstream: Upstream; answer: () => void }> {
  let answer = () => {};
  const allowed = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const upstream = await startUpstream(async ({ questions }) => {
    await allowed;
    return [{ name: questions?.[0]?.name ?? "", type: "A", ttl: 9, data }];
  });
  return { upstream, answer };
}

/** A cluster in which `web` of marathon runs at these addresses, with port 31000 on the agent S0. */
export function webAt(...addresses: string[]): Json {
  const tasks = addresses.map((ip) => task("web", { id: `web.${ip}`, agent: "S0", ip, ports: [31000] }));
  return cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] });
}

/** What is answered for web.marathon.mesos: its addresses, or the rcode. */
export async function web(at: At): Promise<string> {
  const { rcode, answers } = await askUdp(at, "web.marathon.mesos");
  const addresses = lines(answers).map((line) => line.split(" ").at(-1));
  return addresses.sort().join(" ") || rcode;
}

/** Waits until a metric is above what it was. @param work is done when it is known what that is */
export async function growth(
  server: Server,
  series: string,
  by = 1,
  work: () => void = () => undefined,
): Promise<void> {
  const before = (await server.metric(series)) ?? 0;
  work();
  await until(`${series} to grow`, async () => ((await server.metric(series)) ?? 0) >= before + by);
}

/** Resolves when the server says that it is ready: its main thread hears a moment later than clients that names are there. */
export async function becomesReady(server: Server): Promise<void> {
  await until("readiness", async () => (await server.fetch("/readyz")).status === 200);
}
