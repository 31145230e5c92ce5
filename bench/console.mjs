/** The console at 100,000 tasks: how long a search takes, how long the first look, and what it costs while somebody looks. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "./lib/client.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const TASKS = Number(process.env.BENCH_CONSOLE_TASKS ?? 100_000);
const ROUNDS = 20;
const SECONDS = 10;
/** A whole id, parts of names, an address, two words, a letter that is in every row, and what is nowhere. */
const WORDS = ["service-999", "-99123-", "10.1.", "team-7 service", "a", "nowhere-to-be-found"];
const PAGES = {
  "tasks, the first 100": "tasks?limit=100",
  "tasks, 100 from the middle": `tasks?limit=100&offset=${TASKS / 2}`,
  "unhealthy tasks": "tasks?health=unhealthy",
  "names with a part": "names?q=service-99&limit=100",
};

/** The zone is served, and the thread that has built it has come to rest. */
async function ready(server) {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${server.httpport}/readyz`).catch(() => undefined);
    if (response?.ok) break;
    await sleep(100);
  }
  await sleep(5_000);
}

async function ask(server, path) {
  const started = performance.now();
  const response = await fetch(`http://127.0.0.1:${server.httpport}/v1/console/${path}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return { answer, ms: performance.now() - started };
}

async function timesOf(server, path) {
  const times = [];
  let total = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const { answer, ms } = await ask(server, path);
    times.push(ms);
    total = answer.total ?? answer.tasks.total + answer.names.total;
  }
  times.sort((a, b) => a - b);
  return [round(total), round(percentile(times, 0.5), 1), round(times.at(-1), 1)];
}

async function cpuShare(server) {
  const before = server.cpuSeconds();
  await sleep(SECONDS * 1_000);
  return `${round(((server.cpuSeconds() - before) / SECONDS) * 100, 1)}%`;
}

export async function benchConsole() {
  const master = await startMaster();
  master.serve(stateBody(TASKS, master.address));
  const server = await startServer(master, { refreshSeconds: 3600 });
  await ready(server);
  const idle = { rss: server.memory().rss, cpu: await cpuShare(server) };
  const started = performance.now();
  while (!(await ask(server, "tasks?limit=1")).answer.isLoaded) await sleep(20);
  const firstMs = performance.now() - started;
  const rows = [];
  for (const word of WORDS) {
    const path = `search?q=${encodeURIComponent(word)}`;
    rows.push([`search: ${word}`, ...(await timesOf(server, path))]);
  }
  for (const [name, path] of Object.entries(PAGES)) rows.push([name, ...(await timesOf(server, path))]);
  const gone = new AbortController();
  const stream = await fetch(`http://127.0.0.1:${server.httpport}/v1/console/live`, { signal: gone.signal });
  const reading = stream.body.pipeTo(new WritableStream({ write: () => undefined })).catch(() => undefined);
  const watched = { rss: server.memory().rss, cpu: await cpuShare(server) };
  gone.abort();
  await reading;
  await server.stop();
  master.stop();
  report("console", "The console", [
    `${round(TASKS)} tasks. Over HTTP, one question at a time.`,
    table(["Question", "Matches", "Median, ms", "Longest, ms"], rows),
    `The first look takes ${round(firstMs / 1000, 2)} s until every task can be found; the server answers all the while.`,
    table(
      ["While", "Memory of the process, MiB", "CPU"],
      [
        ["nobody has looked", round(idle.rss), idle.cpu],
        ["somebody looks, and nothing changes", round(watched.rss), watched.cpu],
      ],
    ),
  ]);
}
