/** Each data plane of a node, measured by `vip-way.mjs`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { round, table } from "./report.mjs";
import { PLANES } from "./vip-planes.mjs";

const PROGRAM = fileURLToPath(new URL("./vip-way.mjs", import.meta.url));
const NAMES = { haproxy: "HAProxy", nftables: "nftables" };

async function measure(plane, seconds) {
  const { setUp } = PLANES[plane];
  const program = [process.execPath, PROGRAM, plane, String(seconds)];
  const inside = ["-Urn", "sh", "-c", `PATH=$PATH:/usr/sbin:/sbin; ${setUp} && exec "$@"`, "sh", ...program];
  const [command, ...args] = setUp === undefined ? program : ["unshare", ...inside];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the measurement of ${plane} ended with ${code}`);
  return JSON.parse(text);
}

/** Sections of the report. */
export async function waySections(seconds) {
  const changes = [];
  const connections = [];
  for (const plane of Object.keys(PLANES)) {
    const { moved, direct, carried, haproxyCpu } = await measure(plane, seconds);
    const times = moved.milliseconds.map((ms) => round(ms));
    changes.push([
      NAMES[plane],
      round(moved.changes),
      round(moved.missed),
      ...times,
      ...moved.cpu.map((cpu) => round(cpu, 2)),
    ]);
    const cpu = haproxyCpu === undefined ? "in the kernel" : `${round(haproxyCpu, 2)} ms`;
    const rates = [carried, direct].map(({ perSecond }) => round(perSecond));
    connections.push([NAMES[plane], ...rates, String(carried.failures + direct.failures), cpu]);
  }
  const changeHeader = [
    "plane",
    "changes",
    "never arrived",
    "p50, ms",
    "p99, ms",
    "slowest, ms",
    "CPU of the node, cores",
    "of programs that it runs",
  ];
  const connectionHeader = ["plane", "connections a second", "directly", "failures", "CPU of HAProxy a connection"];
  return [
    `## From the master's event to the new target\n\nThe server, a master, \`mesos-dns vips run\` and real targets, on one machine: 1,000 virtual addresses with 5 targets each, and 100 with one target each that moves, 10 a second for ${seconds} s. Milliseconds from the master's events (the new task runs, the old one is killed) to the end of the first connection that the new target has answered, of a client that tries every 10 ms. The node's CPU is that of its own process; nft and conntrack are programs that it runs, HAProxy is none.\n\n${table(changeHeader, changes)}`,
    `## Connections a second\n\nConnect, one answer, reset; 16 at a time for ${seconds} s, over all 1,000 virtual addresses, and in the same run directly to their targets. Client and targets have the machine's processors as well.\n\n${table(connectionHeader, connections)}`,
  ];
}
