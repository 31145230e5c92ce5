/**
 * Mesos-DNS 0.7, to be measured beside this server. It is built once, with Debian's golang-go:
 *
 *     git clone https://github.com/mesosphere/mesos-dns "$GOPATH/src/github.com/mesosphere/mesos-dns"
 *     cd "$GOPATH/src/github.com/mesosphere/mesos-dns" && GO111MODULE=off go build -o /usr/local/bin/mesos-dns-go .
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, freePort, memoryOf } from "./server.mjs";

const NAME = "mesos-dns-go";

/** The program; nothing where it is not at hand. `BENCH_MESOS_DNS` may say where it is. */
export function findMesosDns() {
  if (process.env.BENCH_MESOS_DNS) return process.env.BENCH_MESOS_DNS;
  try {
    return execFileSync("sh", ["-c", `command -v ${NAME}`], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

export const WHY_ABSENT = `Mesos-DNS is not at hand: see bench/lib/mesos-dns.mjs`;

/** @param {string} program @param {number} refreshSeconds */
export async function startMesosDns(program, master, refreshSeconds) {
  const home = mkdtempSync(join(tmpdir(), "mesos-dns-go-"));
  const [port, httpport] = [await freePort(), await freePort()];
  const file = join(home, "config.json");
  const where = { masters: [master.address], zk: "", listener: "127.0.0.1", port, httplistener: "127.0.0.1", httpport };
  const how = {
    domain: "mesos",
    refreshSeconds,
    stateTimeoutSeconds: 300,
    externalon: false,
    resolvers: ["127.0.0.1"],
  };
  writeFileSync(
    file,
    JSON.stringify({ ...where, ...how, ttl: 60, timeout: 5, IPSources: ["netinfo", "mesos", "host"] }),
  );
  const child = spawn(program, [`-config=${file}`], { stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  return {
    port,
    cpuSeconds: () => cpuSeconds(child.pid),
    memory: () => memoryOf(child.pid),
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
