/** Memory while a cluster changes: a day of it, in simulated time, through all that the builder thread is made of. */
import { fork } from "node:child_process";
import { report, round, table } from "./lib/report.mjs";

const TASKS = 10_000;
const EVENTS = Number(process.env.BENCH_CHURN_EVENTS ?? 1_000_000);
const HOURS = 24;
/** What is filled by then stays filled: tables grow in powers of two, and are made anew when half of them is waste. */
const WARM_UP_HOURS = 4;
const SHOWN_HOURS = 4;

export async function benchChurn() {
  const child = fork(new URL("./lib/churn-process.mjs", import.meta.url), [TASKS, EVENTS, HOURS].map(String), {
    execArgv: ["--expose-gc"],
  });
  const samples = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with ${code}`)));
  });
  const rows = samples
    .filter((_, hour) => (hour + 1) % SHOWN_HOURS === 0)
    .map(({ hour, told, builds, whole, names, heap, buffers, resident }) => [
      round(hour),
      ...[told, builds, whole, names].map((count) => round(count)),
      ...[heap, buffers, resident].map((size) => round(size, 1)),
    ]);
  const [before, after] = [samples.slice(0, WARM_UP_HOURS), samples.slice(WARM_UP_HOURS)];
  const growth = ["heap", "buffers", "resident"].map((kind) => {
    const level = Math.max(...before.map((sample) => sample[kind]));
    const highest = Math.max(...after.map((sample) => sample[kind]));
    return `${kind} ${round((highest / level - 1) * 100, 1)} %`;
  });
  const failures = samples.at(-1).failures;
  const header = ["hour", "events", "builds", "of all", "names", "heap, MB", "buffers, MB", "resident, MB"];
  report("churn", "Memory in a cluster that changes", [
    `${round(TASKS)} tasks run at any time, and ${round(EVENTS)} events come in ${HOURS} simulated hours: every task has a name, an id and an address that were never there before, agents and frameworks come and go. All goes through the feed, the guard, the cluster in memory and the zone builder. Memory is that of the process after a full garbage collection, the simulated cluster included.`,
    table(header, rows),
    `The highest of the last ${HOURS - WARM_UP_HOURS} hours above the highest of the first ${WARM_UP_HOURS}: ${growth.join(", ")}. Failures: ${failures.length === 0 ? "none" : failures.join("; ")}.`,
  ]);
}
