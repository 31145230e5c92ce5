/** The load balancer: from an event at Marathon to HAProxy that has it, what that costs, and what requests notice of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "./lib/client.mjs";
import { loadSection } from "./lib/lb-load.mjs";
import { startLb } from "./lib/lb-run.mjs";
import { appOf, startMarathon, taskOf } from "./lib/marathon.mjs";
import { MARATHON_LB_MISSING, startMarathonLb } from "./lib/marathon-lb.mjs";
import { report, round, table } from "./lib/report.mjs";

const APPS = Number(process.env.BENCH_LB_APPS ?? 1_000);
const TASKS = 10;
const CHANGES = Number(process.env.BENCH_LB_CHANGES ?? 200);
const MEMBERSHIPS = Number(process.env.BENCH_LB_MEMBERSHIPS ?? 1_000);
/** marathon-lb reloads for each change, and takes seconds for it. */
const PEER_CHANGES = Math.min(CHANGES, 30);
const RATE = 5;
const POLL_MS = 5;
const FIRST_PORT = 21_000;

export async function benchLb() {
  report("lb", "Load balancer", [await freshness(), await loadSection(MEMBERSHIPS)]);
}

async function freshness() {
  const rows = [["this", ...(await freshnessOf(startLb, CHANGES))]];
  if (!MARATHON_LB_MISSING) rows.push(["marathon-lb", ...(await freshnessOf(startMarathonLb, PEER_CHANGES))]);
  const columns = [
    "",
    "tasks that come",
    "first configuration",
    "event to membership p50",
    "p99",
    "slowest",
    "reloads",
    "CPU of the program",
    "its memory at most",
  ];
  return [
    `## From an event to HAProxy: ${round(APPS)} apps with ${TASKS} tasks`,
    `Tasks come, ${RATE} a second at most, each to another app. The next one comes when HAProxy has the one before.`,
    table(columns, rows),
    ...(MARATHON_LB_MISSING ? [`${MARATHON_LB_MISSING}.`] : []),
  ].join("\n\n");
}

/** Tasks come to one app after another. */
async function freshnessOf(start, changes) {
  const apps = Array.from({ length: APPS }, (_, index) =>
    appOf(
      `/group-${index % 20}/service-${index}`,
      FIRST_PORT + index,
      Array.from({ length: TASKS }, (_, task) => [`10.${index % 200}.${task}.7`, 31_000 + ((index * 7 + task) % 900)]),
      { HAPROXY_0_VHOST: `service-${index}.example.com` },
    ),
  );
  const marathon = await startMarathon(apps);
  const started = performance.now();
  const lb = await start(marathon);
  await lb.settled(APPS);
  const first = performance.now() - started;
  await sleep(3_000);
  const reloads = await lb.metric("mesos_dns_lb_reloads_total");
  const cpu = lb.cpuSeconds();
  const times = [];
  const begun = performance.now();
  for (let change = 0; change < changes; change++) {
    times.push(await changed(marathon, lb, apps, change));
    await sleep(Math.max(0, begun + ((change + 1) * 1000) / RATE - performance.now()));
  }
  const passed = (performance.now() - begun) / 1000;
  const used = (lb.cpuSeconds() - cpu) / passed;
  const sorted = times.sort((a, b) => a - b);
  const again = (await lb.metric("mesos_dns_lb_reloads_total")) - reloads;
  const memory = lb.memory();
  await lb.stop();
  marathon.stop();
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => round(percentile(sorted, part)));
  return [
    changes,
    `${round(first / 1000, 1)} s`,
    `${p50} ms`,
    `${p99} ms`,
    `${most} ms`,
    again,
    `${round(used * 100)} %`,
    `${round(memory)} MB`,
  ];
}

/** @returns milliseconds until HAProxy has a server for a task that has come */
async function changed(marathon, lb, apps, change) {
  const index = (change * 37) % APPS;
  const app = apps[index];
  const backend = `${app.id.slice(1).replaceAll("/", "_")}_${FIRST_PORT + index}`;
  const port = 20_000 + change;
  app.tasks.push(taskOf(app.id, "10.250.0.7", port, app.tasks.length));
  const started = performance.now();
  marathon.tell(index);
  for (;;) {
    // While marathon-lb reloads, nobody may answer.
    const [state = ""] = await lb.ask([`show servers state ${backend}`]).catch(() => []);
    if (state.includes(`10_250_0_7_${port} `)) return performance.now() - started;
    await sleep(POLL_MS);
  }
}
