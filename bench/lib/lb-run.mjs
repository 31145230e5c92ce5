/** `mesos-dns lb run` with a HAProxy of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askAt } from "../../dist/haproxy/socket.js";
import { cpuSeconds, freePort, MAIN, memoryOf } from "./server.mjs";

export async function startLb(marathon, lb = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-lb-"));
  const [http, appId, stats, listen] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const at = (port) => `127.0.0.1:${port}`;
  const keys = {
    enabled: true,
    listen: at(listen),
    marathons: [{ name: "main", urls: [marathon.url] }],
    groups: ["external"],
    vhosts: { http: at(http), https: false, appId: at(appId), stats: at(stats) },
    haproxy: { runDir: folder },
    ...lb,
  };
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ lb: keys }));
  const child = spawn(process.execPath, [MAIN, "lb", "run", "--config", config], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const status = async () => (await fetch(`http://${at(listen)}/v1/lb`)).json();
  return {
    ports: { http, appId, stats, listen },
    ask: askAt(join(folder, "haproxy.sock")),
    status,
    async settled(services) {
      for (;;) {
        const now = await status().catch(() => undefined);
        if (now?.isSettled && now.services.length === services) return;
        await sleep(100);
      }
    },
    async metric(name) {
      const text = await (await fetch(`http://${at(listen)}/metrics`)).text();
      const values = text
        .split("\n")
        .filter((line) => line.startsWith(name))
        .map((line) => Number(line.split(" ").at(-1)));
      return values.reduce((sum, value) => sum + value, 0);
    },
    memory: () => memoryOf(child.pid).peak,
    cpuSeconds: () => cpuSeconds(child.pid),
    async stop() {
      child.kill();
      const pid = Number(readFileSync(join(folder, "haproxy.pid"), "utf8"));
      await sleep(500);
      process.kill(pid, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
