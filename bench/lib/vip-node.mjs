/** A node that carries virtual addresses: `mesos-dns vips run`, and its HAProxy if it has one. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childSeconds, cpuSeconds, freePort, MAIN } from "./server.mjs";

const GIVE_UP_MS = 60_000;

/** @param vips keys of the configuration */
export async function startNode(server, vips) {
  const home = mkdtempSync(join(tmpdir(), "mesos-dns-bench-"));
  const statusPort = await freePort();
  const file = join(home, "config.json");
  const own = { runDir: home, statusListener: `127.0.0.1:${statusPort}`, maxConnections: 2_000 };
  const servers = [`http://127.0.0.1:${server.httpport}`];
  writeFileSync(file, JSON.stringify({ vips: { ...own, servers, ...vips } }));
  const child = spawn(process.execPath, [MAIN, "vips", "run", "-config", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const status = async () => {
    if (child.exitCode !== null) throw new Error(`the node has ended: ${log}`);
    const response = await fetch(`http://127.0.0.1:${statusPort}/v1/status`).catch(() => undefined);
    return response?.json();
  };
  return {
    cpuSeconds: () => cpuSeconds(child.pid),
    childSeconds: () => childSeconds(child.pid),
    haproxySeconds: () => haproxyOf(home).reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    /** Waits until so many services are open. @returns after how many milliseconds */
    async carries(count) {
      const started = performance.now();
      while (performance.now() - started < GIVE_UP_MS) {
        const open = (await status())?.services.filter(({ state }) => state === "open").length ?? 0;
        if (open === count) return performance.now() - started;
        await sleep(200);
      }
      throw new Error(`the node does not carry ${count} services: ${log}`);
    },
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      spawnSync(process.execPath, [MAIN, "vips", "clear", "-config", file]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The process ids of a node's HAProxy: the master, and its workers. */
function haproxyOf(home) {
  const pid = readFileSync(join(home, "vips.pid"), "utf8").trim();
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...workers.split(" ")].filter((text) => text !== "").map(Number);
}
