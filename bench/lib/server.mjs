/** Starts a scripted master and the server under measurement, and reads what it costs. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const TICKS_PER_SECOND = 100;

export async function freePort() {
  const server = createTcpServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A master that serves whatever body it was given last, unless it is held; remembers when it began to send each. */
export async function startMaster() {
  let body = Buffer.from("{}");
  let waiting;
  const master = { requests: 0, firstByteAt: 0 };
  const server = createServer((request, response) => {
    // It has no stream of events, as masters before 1.0.
    if (request.method !== "GET") {
      response.writeHead(405).end();
      return;
    }
    const answer = () => {
      master.requests++;
      master.firstByteAt = performance.now();
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    };
    if (waiting) waiting.push(answer);
    else answer();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  master.address = `127.0.0.1:${server.address().port}`;
  /** @param {Buffer} state */
  master.serve = (state) => {
    body = state;
  };
  /** From now on, whoever asks has to wait. */
  master.hold = () => {
    waiting ??= [];
  };
  master.release = () => {
    for (const answer of waiting ?? []) answer();
    waiting = undefined;
  };
  master.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return master;
}

/** @param {Record<string, unknown>} config over the defaults of a measurement */
export async function startServer(master, config = {}) {
  const home = mkdtempSync(join(tmpdir(), "mesos-dns-bench-"));
  const [port, httpport] = [await freePort(), await freePort()];
  const file = join(home, "config.json");
  const settings = { masters: [master.address], listener: "127.0.0.1", httplistener: "127.0.0.1", externalon: false };
  writeFileSync(file, JSON.stringify({ ...settings, port, httpport, ...config }));
  const child = spawn(process.execPath, [MAIN, `-config=${file}`], { stdio: ["ignore", "inherit", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  let isStopping = false;
  process.once("exit", () => child.kill());
  const exited = new Promise((resolve) => child.once("exit", resolve));
  exited.then(() => {
    if (!isStopping) throw new Error(`the server under measurement ended: ${log}`);
  });
  return {
    port,
    httpport,
    /** Its configuration. */
    file,
    pid: child.pid,
    cpuSeconds: () => cpuSeconds(child.pid),
    threadSeconds: () => threadSeconds(child.pid),
    memory: () => memoryOf(child.pid),
    log: () => log,
    stop: async () => {
      isStopping = true;
      child.kill("SIGTERM");
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** User and system time of a process with all its threads. */
export function cpuSeconds(pid) {
  return secondsIn(`/proc/${pid}/stat`);
}

/** The same of the programs that it has run, and that have ended. */
export function childSeconds(pid) {
  return secondsIn(`/proc/${pid}/stat`, 13);
}

/** The same of each thread, by its id. */
export function threadSeconds(pid) {
  return new Map(readdirSync(`/proc/${pid}/task`).map((id) => [id, secondsIn(`/proc/${pid}/task/${id}/stat`)]));
}

/** @param at where user time stands; system time is the next one */
function secondsIn(file, at = 11) {
  const stat = readFileSync(file, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[at]) + Number(fields[at + 1])) / TICKS_PER_SECOND;
}

/** Resident memory now and at its peak, in MB. */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { rss: read("VmRSS"), peak: read("VmHWM") };
}
