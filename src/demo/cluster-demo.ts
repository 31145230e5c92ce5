import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../base/random.js";
import { type Change, DemoCluster } from "./cluster.js";
import { endWhenAsked, fail } from "./ending.js";
import { type DemoVip, hints } from "./hints.js";
import { HOST } from "./loopback.js";
import { DemoMaster } from "./master.js";
import { DemoNode } from "./node.js";
import type { DemoOptions } from "./options.js";
import type { DemoProgram } from "./program.js";
import type { Screen } from "./screen.js";
import { startServer } from "./server.js";
import { type Figures, figuresIn, statusLine } from "./status.js";
import { DemoTargets } from "./targets.js";

const READY_MS = 15_000;
const READY_STEP_MS = 100;
const STEP_MS = 500;
const ANSWER_MS = 2_000;

/** The real server in front of a simulated cluster, with nothing else installed. */
export async function showCluster(options: DemoOptions, screen: Screen): Promise<never> {
  const cluster = new DemoCluster({ now: Date.now, random: createRandom(randomInt(1, 2 ** 32)) });
  const master = await DemoMaster.start(cluster);
  const onWarning = (text: string) => screen.print(`the server warns: ${text}`);
  const server = startServer({ ...options, master: master.address, onWarning });
  const targets = new DemoTargets();
  process.on("exit", () => server.discard());
  const parts: Parts = { server, master, targets, node: undefined };
  stopWhenAsked(parts, screen);
  const base = `http://${HOST}:${options.httpPort}`;
  await server.listening;
  targets.follow(cluster.instances);
  await untilReady(base);
  parts.node = await DemoNode.start(server.folder, options.httpPort);
  screen.print(hints(options, master.address, await vipOf(base, parts.node)));
  return show(cluster, { screen, targets }, base);
}

/** Keeps the cluster going and the status current, for as long as the process lives. */
async function show(
  cluster: DemoCluster,
  { screen, targets }: { readonly screen: Screen; readonly targets: DemoTargets },
  base: string,
): Promise<never> {
  let change: Change | undefined;
  let figures: Figures = {};
  for (;;) {
    change = cluster.tick().at(-1) ?? change;
    targets.follow(cluster.instances);
    figures = await readFigures(base).catch(() => figures);
    screen.status(statusLine(figures, change), change);
    await sleep(STEP_MS);
  }
}

async function vipOf(base: string, node: DemoNode | undefined): Promise<DemoVip> {
  const response = await get(`${base}/v1/vips`);
  const [{ vip, address }] = (await response.json()) as [{ vip: string; address: string }];
  return { address, port: Number(vip.split(":").at(-1)), isCarried: (await node?.isCarrying) ?? false };
}

async function untilReady(base: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    const isReady = await get(`${base}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await sleep(READY_STEP_MS);
  }
  throw new Error(`the server was not ready within ${READY_MS / 1000} s`);
}

async function readFigures(base: string): Promise<Figures> {
  const response = await get(`${base}/metrics`);
  return figuresIn(await response.text());
}

function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
}

/** What has to end with the demonstration. */
interface Parts {
  readonly server: DemoProgram;
  readonly master: DemoMaster;
  readonly targets: DemoTargets;
  node: DemoNode | undefined;
}

/** Ends when a person wants it, and with what the server said last when the server is lost. */
function stopWhenAsked(parts: Parts, screen: Screen): void {
  const { server, master, targets } = parts;
  const ending = endWhenAsked(async () => {
    screen.print("stopping");
    await Promise.all([server.stop(), parts.node?.stop()]);
    targets.stop();
    await master.stop();
  });
  server.exited.then((lastWords) => {
    if (!ending.hasBegun()) fail(new Error(advised(lastWords)));
  });
}

function advised(lastWords: string): string {
  if (lastWords === "") return "the server ended without a word";
  return lastWords.endsWith("choose another port")
    ? `${lastWords}: npm run demo -- --dns-port PORT --http-port PORT`
    : lastWords;
}
