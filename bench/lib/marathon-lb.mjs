/**
 * marathon-lb beside us, where it is at hand: MARATHON_LB names a checkout of it, and python3 has what its requirements.txt asks for. It
 * has a HAProxy of its own, with a head that loads no Lua.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askAt } from "../../dist/haproxy/socket.js";
import { cpuSeconds, memoryOf } from "./server.mjs";

const CHECKOUT = process.env.MARATHON_LB ?? "";
const PYTHON = process.env.MARATHON_LB_PYTHON ?? "/usr/bin/python3";

/** Why it cannot be measured; `undefined` if it can. */
export const MARATHON_LB_MISSING = existsSync(join(CHECKOUT, "marathon_lb.py"))
  ? undefined
  : "marathon-lb was not measured: MARATHON_LB names no checkout of it";

function headOf(folder) {
  const file = (name) => join(folder, name);
  return `global
  maxconn 4000
  stats socket ${file("haproxy.sock")} mode 600 level admin expose-fd listeners
defaults
  retries 3
  timeout connect 3s
  timeout client 30s
  timeout server 30s
  timeout http-keep-alive 1s
  option redispatch
`;
}

/** The same shape as startLb gives. */
export async function startMarathonLb(marathon) {
  const folder = mkdtempSync(join(tmpdir(), "marathon-lb-"));
  const file = (name) => join(folder, name);
  mkdirSync(file("templates"));
  writeFileSync(file("templates/HAPROXY_HEAD"), headOf(folder));
  writeFileSync(file("haproxy.cfg"), `${headOf(folder)}frontend none\n  bind ${file("none.sock")}\n`);
  const haproxy = spawn("haproxy", ["-W", "-f", file("haproxy.cfg"), "-p", file("haproxy.pid")], { stdio: "ignore" });
  let reloads = 0;
  const words = ["--marathon", marathon.url, "--group", "external", "--sse", "--dont-bind-http-https"];
  const own = [
    "--haproxy-config",
    file("haproxy.cfg"),
    "--syslog-socket",
    "/dev/null",
    "--lru-cache-capacity",
    "20000",
  ];
  const reload = ["--command", `/bin/kill -USR2 ${haproxy.pid}`];
  const child = spawn(PYTHON, [join(CHECKOUT, "marathon_lb.py"), ...words, ...own, ...reload], {
    cwd: folder,
    env: { ...process.env, PORTS: "9000" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    reloads += text.split("reloading using").length - 1;
  });
  const ask = askAt(file("haproxy.sock"));
  return {
    ask,
    async settled(services) {
      for (;;) {
        const [state = ""] = await ask(["show servers state"]).catch(() => [""]);
        const backends = new Set(state.split("\n").map((line) => line.split(" ")[1]));
        if (backends.size > services) return;
        await sleep(500);
      }
    },
    metric: async () => reloads,
    memory: () => memoryOf(child.pid).peak,
    cpuSeconds: () => cpuSeconds(child.pid),
    workers: () => readFileSync(`/proc/${haproxy.pid}/task/${haproxy.pid}/children`, "utf8").trim().split(" ").length,
    async stop() {
      child.kill("SIGKILL");
      haproxy.kill("SIGTERM");
      await sleep(500);
      haproxy.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
