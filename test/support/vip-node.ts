import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeStatus } from "../../src/vip-node/report.js";
import { agent, cluster, framework, task } from "./scripted-master.js";
import { freePort, PROGRAM, runProgram } from "./server.js";
import { until } from "./wait.js";

/** Where a task with a virtual address runs. */
export interface Instance {
  readonly ip: string;
  readonly port: number;
  /** `/web:80`. */
  readonly vip: string;
  readonly protocol?: string;
  /** The results of its health checks; none if it has none. */
  readonly healthy?: boolean;
  readonly state?: string;
}

/** A state of a cluster with an agent at each address and a task for each instance, on its agent's network. */
export function stateOf(instances: readonly Instance[], name = "marathon") {
  const hosts = [...new Set(instances.map(({ ip }) => ip))];
  const tasks = instances.map(({ ip, port, vip, protocol = "tcp", healthy, state }, index) => {
    const labels = [
      { key: "VIP_0", value: vip },
      { key: "network-scope", value: "host" },
    ];
    const ports = [{ number: port, protocol, labels: { labels } }];
    return task(`app-${index}`, {
      id: `app.${ip}.${port}.${index}`,
      agent: `S-${ip}`,
      ip,
      ports: [port],
      ...(state !== undefined && { state }),
      ...(healthy !== undefined && { healthy }),
      extra: {
        discovery: { name: "app", ports: { ports } },
        ...(healthy !== undefined && { health_check: { type: "TCP" } }),
      },
    } as never);
  });
  return cluster({
    agents: hosts.map((ip) => agent(`S-${ip}`, { ip })),
    frameworks: [framework(name, { tasks: tasks as never[] })],
  });
}

/** `mesos-dns vips run`, in a range of loopback addresses, which takes no rights. */
export class VipsRun {
  readonly folder: string;
  readonly configFile: string;
  readonly statusPort: number;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(0);
  log = "";

  private constructor(folder: string, statusPort: number) {
    this.folder = folder;
    this.statusPort = statusPort;
    this.configFile = join(folder, "config.json");
  }

  /** @param vips further keys */
  static async start(vips: object, other: object = {}): Promise<VipsRun> {
    const run = new VipsRun(mkdtempSync(join(tmpdir(), "mesos-dns-vips-")), await freePort());
    const own = { runDir: run.folder, statusListener: `127.0.0.1:${run.statusPort}`, maxConnections: 1_000 };
    writeFileSync(run.configFile, JSON.stringify({ vips: { ...own, ...vips }, ...other }));
    await run.again();
    return run;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts the program, which is not running. */
  async again(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, "vips", "run", "-config", this.configFile], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.log += text;
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    await until("the node", async () => {
      if (child.exitCode !== null) throw new Error(`it has ended: ${this.log}`);
      return this.status().then(
        () => true,
        () => false,
      );
    });
  }

  async status(): Promise<NodeStatus> {
    const response = await fetch(`http://127.0.0.1:${this.statusPort}/v1/status`);
    return (await response.json()) as NodeStatus;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.statusPort}/metrics`)).text();
  }

  /** Waits until the service at an address and port is in this state, with as many targets that are ready. */
  carries(at: string, state: string, ready: number): Promise<unknown> {
    return until(`${at} ${state} with ${ready}`, async () => {
      const service = (await this.status()).services.find(({ key }) => key.endsWith(`:${at}`));
      const count = service?.targets.filter(({ weight, retired }) => weight > 0 && !retired).length;
      return service?.state === state && count === ready;
    });
  }

  /** Another command of the same configuration. */
  command(action: string): ReturnType<typeof runProgram> {
    return runProgram("vips", action, "-config", this.configFile);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.#child?.kill(signal);
    return this.#exited;
  }

  /** Ends it, and takes away what it carries. */
  async end(): Promise<void> {
    await this.stop();
    await this.command("clear");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
