import { setTimeout as sleep } from "node:timers/promises";
import { endWhenAsked, fail } from "../ending.js";
import type { LbDemoOptions } from "../options.js";
import type { Screen } from "../screen.js";
import { DemoBalancer, freePorts, requireHaproxy } from "./balancer.js";
import { DemoMarathon } from "./marathon.js";
import { DemoShop, VHOST } from "./shop.js";
import { figuresText, lbHints } from "./texts.js";
import { taskAt, Visitors, type Way } from "./visitors.js";

const READY_MS = 15_000;
const READY_STEP_MS = 100;
const STEP_MS = 500;
/** Between two changes of the app. */
const CHANGE_MS = 2_500;

interface Parts {
  readonly shop: DemoShop;
  readonly marathon: DemoMarathon;
  readonly balancer: DemoBalancer;
  readonly visitors: Visitors;
  readonly screen: Screen;
}

/** A load balancer that follows a simulated Marathon, while clients use its app. */
export async function showLoadBalancer({ seconds }: LbDemoOptions, screen: Screen): Promise<void> {
  requireHaproxy();
  const ports = await freePorts();
  const shop = await DemoShop.start(ports.service);
  const marathon = await DemoMarathon.start(() => [shop.asMarathonTells()]);
  // Before there is anything to leave behind. It runs when all the parts are there, as nothing is waited for until then.
  const ending = endWhenAsked(() => end(parts));
  const balancer = new DemoBalancer(marathon.url, ports, (text) => {
    if (!ending.hasBegun()) screen.print(`the load balancer warns: ${text}`);
  });
  process.on("exit", () => balancer.discard());
  const ways: readonly Way[] = [
    { port: ports.http, headers: { host: VHOST } },
    { port: ports.service, headers: {} },
  ];
  const visitors = new Visitors(ways, (reason) => screen.print(`a request has failed: ${reason}`));
  const parts: Parts = { shop, marathon, balancer, visitors, screen };
  balancer.exited.then((lastWords) => {
    if (!ending.hasBegun()) fail(new Error(lastWords || "the load balancer ended without a word"));
  });
  for (const way of ways) await untilAnswered(way);
  if (ending.hasBegun()) return;
  screen.print(lbHints({ marathon: marathon.url, ports, configFile: balancer.configFile }));
  visitors.start();
  const endAt = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  await show(parts, () => ending.hasBegun() || performance.now() >= endAt);
  await ending.begin();
}

/** Changes the app, and says what comes of it. */
async function show({ shop, marathon, balancer, visitors, screen }: Parts, isOver: () => boolean): Promise<void> {
  let changeAt = performance.now() + CHANGE_MS;
  for (;;) {
    await balancer.look();
    if (isOver()) return;
    const figures = figuresText({ ...visitors.figures, reloads: balancer.reloads });
    if (performance.now() >= changeAt) {
      changeAt += CHANGE_MS;
      const change = await shop.change();
      marathon.tell();
      screen.print(`${figures}; ${change}`);
    }
    screen.status(figures, undefined);
    await sleep(STEP_MS);
  }
}

async function end({ shop, marathon, balancer, visitors, screen }: Parts): Promise<void> {
  await visitors.end();
  await balancer.look();
  screen.status("", undefined);
  screen.print(`stopping: ${figuresText({ ...visitors.figures, reloads: balancer.reloads })}`);
  await balancer.stop();
  shop.end();
  await marathon.stop();
}

async function untilAnswered(way: Way): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    const isAnswered = await taskAt(way).then(
      () => true,
      () => false,
    );
    if (isAnswered) return;
    await sleep(READY_STEP_MS);
  }
  throw new Error(`HAProxy did not carry the app within ${READY_MS / 1_000} s`);
}
