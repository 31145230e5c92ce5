import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, MesosDnsError } from "../../base/errors.js";
import { toolEnvironment } from "../environment.js";
import { freePort, HOST } from "../loopback.js";
import { DemoProgram } from "../program.js";
import { sumOf } from "../status.js";

const STEP_MS = 20;
/** What ends at once takes less. */
const END_MS = 2_000;
const ANSWER_MS = 2_000;

export interface BalancerPorts {
  /** Of the virtual host. */
  readonly http: number;
  /** Of the app. */
  readonly service: number;
  readonly stats: number;
  readonly status: number;
}

export async function freePorts(): Promise<BalancerPorts> {
  const [http, service, stats, status] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  return { http, service, stats, status };
}

/** @throws {MesosDnsError} LB_HAPROXY */
export function requireHaproxy(): void {
  if (spawnSync("haproxy", ["-v"], { env: toolEnvironment() }).status === 0) return;
  throw new MesosDnsError(
    "LB_HAPROXY",
    "the load balancer is HAProxy, which is not installed: apt-get install haproxy",
  );
}

/** `mesos-dns lb run` with a HAProxy of its own. */
export class DemoBalancer {
  readonly #program: DemoProgram;
  readonly #metrics: string;
  #reloads = 0;

  /** @param marathon its URL. @param onWarning told what it warns of */
  constructor(marathon: string, ports: BalancerPorts, onWarning: (text: string) => void) {
    this.#metrics = `http://${HOST}:${ports.status}/metrics`;
    this.#program = new DemoProgram({
      words: ["lb", "run"],
      config: (folder) => ({ lb: configOf(marathon, ports, folder) }),
      ready: "balancing load",
      onWarning,
    });
  }

  get configFile(): string {
    return this.#program.configFile;
  }

  /** Settles when the program is gone, with what it said last. */
  get exited(): Promise<string> {
    return this.#program.exited;
  }

  /** How often HAProxy had read its configuration again when it was last looked at. */
  get reloads(): number {
    return this.#reloads;
  }

  async look(): Promise<void> {
    try {
      const response = await fetch(this.#metrics, { signal: AbortSignal.timeout(ANSWER_MS) });
      this.#reloads = sumOf(await response.text(), "mesos_dns_lb_reloads_total") ?? 0;
    } catch {
      // At the end, it may be gone before the demonstration.
    }
  }

  /** Ends it and its HAProxy, which would go on otherwise. */
  async stop(): Promise<void> {
    await this.#program.stop();
    const pid = this.#haproxy();
    const deadline = performance.now() + END_MS;
    while (signal(pid, "SIGTERM") && performance.now() < deadline) await sleep(STEP_MS);
    signal(pid, "SIGKILL");
    // Somebody else may have the number from now on.
    rmSync(this.#pidFile, { force: true });
  }

  /** For the last moment of this process: leaves neither processes nor files behind. */
  discard(): void {
    signal(this.#haproxy(), "SIGTERM");
    this.#program.discard();
  }

  get #pidFile(): string {
    return join(this.#program.folder, "haproxy.pid");
  }

  /** The process id of HAProxy's master; `undefined` if there is none. */
  #haproxy(): number | undefined {
    try {
      return Number.parseInt(readFileSync(this.#pidFile, "utf8"), 10) || undefined;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }
}

/** @returns whether the process is there */
function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false;
    throw error;
  }
}

function configOf(marathon: string, { http, stats, status }: BalancerPorts, folder: string) {
  return {
    enabled: true,
    listen: `${HOST}:${status}`,
    marathons: [{ name: "demo", urls: [marathon] }],
    groups: ["external"],
    vhosts: { http: `${HOST}:${http}`, https: false, appId: false, stats: `${HOST}:${stats}` },
    haproxy: { runDir: folder },
    drainSeconds: 5,
  };
}
