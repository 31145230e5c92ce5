/** How fast real secondaries show what changes at the master, while it changes ten times a second. */
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, hasCommand, percentile } from "./client.mjs";
import { freshTask, startLiveMaster } from "./live-master.mjs";
import { round, table } from "./report.mjs";
import { commandOf, planSecondary, SECONDARIES, startSecondary } from "./secondaries.mjs";
import { startServer } from "./server.mjs";
import { stateBody } from "./state.mjs";
import { watch } from "./watch.mjs";

const TASKS = Number(process.env.BENCH_FOLLOW_TASKS ?? 10_000);
const SECONDS = Number(process.env.BENCH_FOLLOW_SECONDS ?? 20);
const CHANGES_A_SECOND = 10;
const KNOWN = "service-0-team-0.marathon.mesos";
/** Milliseconds that half and nearly all of the changes may take. */
const TARGETS = { BIND: [150, 400], Knot: [300], NSD: [500], PowerDNS: [1_000], Unbound: [600] };

/** Completed transfers of the domain, by kind. */
async function transfersOf(server) {
  const text = await (await fetch(`http://127.0.0.1:${server.httpport}/metrics`)).text();
  const count = (kind) => {
    const line = text
      .split("\n")
      .find((each) => each.startsWith(`mesos_dns_transfers_total{zone="mesos",kind="${kind}",result="ok"}`));
    return Number(line?.split(" ").at(-1) ?? 0);
  };
  return { axfr: count("axfr"), ixfr: count("ixfr") };
}

async function follow(kind) {
  const plan = await planSecondary(kind);
  const master = await startLiveMaster((address) => JSON.parse(stateBody(TASKS, address).toString()));
  const server = await startServer(master, { refreshSeconds: 3_600, SOARetry: 10, ...plan.config });
  await firstAnswer(server.port, KNOWN);
  const secondary = await startSecondary(plan, server, KNOWN);
  // The report of the first transfer, and whatever the secondary does after it.
  await sleep(3_000);
  const before = await transfersOf(server);
  const watcher = watch(secondary.port);
  const cpu = secondary.cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < CHANGES_A_SECOND * SECONDS; i++) {
    watcher.expect(`fresh-${i}.marathon.mesos`);
    master.add(freshTask(master, i));
    await sleep(Math.max(0, started + ((i + 1) * 1000) / CHANGES_A_SECOND - performance.now()));
  }
  const seconds = (performance.now() - started) / 1000;
  const share = (secondary.cpuSeconds() - cpu) / seconds;
  const { delays, missing } = await watcher.stop(10);
  await sleep(1_500);
  const after = await transfersOf(server);
  await secondary.stop();
  await server.stop();
  master.stop();
  const at = (p) => round(percentile(delays, p));
  const wanted = TARGETS[kind].join(" and ");
  const given = [after.ixfr - before.ixfr, after.axfr - before.axfr];
  return [kind, delays.length, missing, at(0.5), at(0.9), at(0.99), wanted, ...given, round(share, 2)];
}

/** The section of the report. Secondaries that are not installed are left out. */
export async function following() {
  const rows = [];
  for (const kind of SECONDARIES) if (await hasCommand(commandOf(kind))) rows.push(await follow(kind));
  const how = `${round(TASKS)} tasks; ${CHANGES_A_SECOND} more start each second, for ${SECONDS} s. Milliseconds from the event at the master to the first answer of the secondary that has the new name, which is asked for every 5 ms (of many, 20 in turn). Each secondary is measured alone, configured with what \`transfer-config\` prints. Whole zones after the first are to be 0.`;
  const header = [
    "secondary",
    "changes",
    "never seen",
    "p50",
    "p90",
    "p99",
    "p50 (and p99) wanted below",
    "differences",
    "whole zones after the first",
    "its CPU, cores",
  ];
  return `## Secondaries\n\n${how}\n\n${table(header, rows)}`;
}
