/** Clients for measurements: questions, one answer awaited, answers timed, and dnsperf. */
import { execFile, fork, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import packet from "dns-packet";

const run = promisify(execFile);

export function question(name, type, id = 1) {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] };
  return packet.encode({ type: "query", id, flags: 256, questions: [{ name, type }], additionals: [opt] });
}

/** The mixes that are measured, drawn from the names a server publishes. */
export async function mixesOf(httpport) {
  const axfr = await (await fetch(`http://127.0.0.1:${httpport}/v1/axfr`)).json();
  const plain = (names) => names.filter((name) => /^[a-z0-9._-]+$/.test(name)).map((name) => name.slice(0, -1));
  const sample = (names, count) => names.filter((_, i) => i % Math.max(1, Math.floor(names.length / count)) === 0);
  const a = sample(plain(Object.keys(axfr.Records.As)), 20_000).map((name) => [name, "A"]);
  const srv = sample(plain(Object.keys(axfr.Records.SRVs)), 20_000).map((name) => [name, "SRV"]);
  const absent = a.map(([name], i) => [`absent-${i}.${name.split(".").slice(1).join(".")}`, "A"]);
  const mixed = a.flatMap((entry, i) => [entry, a[(i * 7) % a.length], srv[i % srv.length], absent[i]]);
  // Of SRV names those with most records whose answer is still sent whole: about a hundred octets for each with its glue.
  const counts = Object.entries(axfr.Records.SRVs).filter(
    ([name, list]) => plain([name]).length > 0 && list.length <= 9,
  );
  const most = counts.reduce((largest, [, list]) => Math.max(largest, list.length), 0);
  const large = sample(plain(counts.filter(([, list]) => list.length >= most - 1).map(([name]) => name)), 20_000);
  return {
    "A (positive)": a,
    "SRV with glue": srv,
    NXDOMAIN: absent,
    "mixed (2 A, SRV, NXDOMAIN)": mixed,
    "large (SRV)": large.map((name) => [name, "SRV"]),
  };
}

/** A server that has not answered after this time will not. */
const GIVE_UP_MS = 120_000;

/**
 * Asks every few milliseconds until the server answers the question with NOERROR; resolves to the time of the answer, and rejects if there
 * is none.
 */
export async function firstAnswer(port, name, type = "A") {
  const socket = createSocket("udp4");
  const message = question(name, type);
  const why = `${name} was not answered at port ${port} within ${GIVE_UP_MS / 1_000} s`;
  let deadline;
  try {
    return await new Promise((resolve, reject) => {
      deadline = setTimeout(() => reject(new Error(why)), GIVE_UP_MS);
      socket.on("error", () => {});
      socket.on("message", (reply) => {
        if ((reply[3] & 15) === 0) resolve(performance.now());
      });
      const timer = setInterval(() => socket.send(message, port, "127.0.0.1"), 5);
      socket.once("close", () => clearInterval(timer));
    });
  } finally {
    clearTimeout(deadline);
    socket.close();
  }
}

/** Asks at a steady rate: every answer's time in milliseconds, sorted, and how many never came. */
export function latencies(port, entries, perSecond, seconds) {
  const client = fork(new URL("./latency-client.mjs", import.meta.url));
  client.send({ port, entries, perSecond, seconds });
  return new Promise((resolve, reject) => {
    client.once("message", resolve);
    client.once("error", reject);
  });
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export async function hasCommand(name) {
  return run("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`]).then(
    () => true,
    () => false,
  );
}

/** Runs dnsperf and returns what it prints: to a file first, as a reader would take the measured server's time. */
async function runDnsperf({ port, entries, seconds, file, clients = 4, threads = 1 }, more) {
  writeFileSync(file, entries.map(([name, type]) => `${name} ${type}\n`).join(""));
  const options = [
    "-s",
    "127.0.0.1",
    "-p",
    port,
    "-d",
    file,
    "-l",
    seconds,
    "-c",
    clients,
    "-T",
    threads,
    "-e",
    ...more,
  ];
  const output = openSync(`${file}.out`, "w");
  const child = spawn("dnsperf", options.map(String), { stdio: ["ignore", output, "inherit"] });
  const [code] = await once(child, "exit");
  closeSync(output);
  if (code !== 0) throw new Error(`dnsperf ended with exit code ${code}`);
  return readFileSync(`${file}.out`, "utf8");
}

/**
 * Runs dnsperf for some seconds; queries per second and answers of all kinds.
 *
 * @param once ends at the end of `entries`; otherwise they are asked again and again
 */
export async function dnsperf({ tcp = false, once = false, perSecond, ...how }) {
  const flags = [...(once ? ["-n", 1] : []), ...(perSecond ? ["-Q", perSecond] : [])];
  const stdout = await runDnsperf(how, [...(tcp ? ["-q", 200, "-m", "tcp"] : ["-q", 100]), ...flags]);
  const number = (pattern) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  return {
    perSecond: number(/Queries per second:\s+([\d.]+)/),
    completed: number(/Queries completed:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
  };
}

/** The time of every answer at a steady rate, in milliseconds and sorted, as dnsperf sees it; and how many never came. */
export async function dnsperfLatencies({ perSecond, ...how }) {
  const stdout = await runDnsperf(how, ["-Q", perSecond, "-v"]);
  const times = Array.from(stdout.matchAll(/^> \w+ \S+ \w+ ([\d.]+)$/gm), ([, seconds]) => Number(seconds) * 1000);
  return { sorted: times.sort((a, b) => a - b), lost: Number(/Queries lost:\s+(\d+)/.exec(stdout)?.[1]) };
}
