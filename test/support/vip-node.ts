import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, type RunCommand, runCommand } from "../../src/base/run-command.js";
import type { NodeStatus } from "../../src/vip-node/report.js";
import { agent, cluster, framework, task } from "./scripted-master.js";
import { freePort, PROGRAM } from "./server.js";
import { until } from "./wait.js";

/** Where a task with a virtual address runs. */
export interface Instance {
  readonly ip: string;
  readonly port: number;
  /** `/web:80`. */
  readonly vip: string;
  readonly protocol?: string;
  /** The results of its health checks; `null` before the first. It has none of them if this is left out. */
  readonly healthy?: boolean | null;
  readonly state?: string;
  /** Where the port of its agent leads, in a network of containers. */
  readonly container?: { readonly ip: string; readonly port: number };
}

/** A state of a cluster with an agent at each address and a task for each instance, on its agent's network unless it has a container. */
export function stateOf(instances: readonly Instance[], name = "marathon") {
  const hosts = [...new Set(instances.map(({ ip }) => ip))];
  const tasks = instances.map(({ ip, port, vip, protocol = "tcp", healthy, state, container }, index) => {
    const labels = [
      { key: "VIP_0", value: vip },
      { key: "network-scope", value: "host" },
    ];
    const ports = [{ number: port, protocol, labels: { labels } }];
    const isChecked = healthy !== undefined;
    return task(`app-${index}`, {
      id: `app.${ip}.${port}.${index}`,
      agent: `S-${ip}`,
      ip: container?.ip ?? ip,
      ports: [port],
      ...(state !== undefined && { state }),
      ...(typeof healthy === "boolean" && { healthy }),
      extra: {
        discovery: { name: "app", ports: { ports } },
        ...(isChecked && { health_check: { type: "TCP" } }),
        ...(container && { container: bridged(port, container.port) }),
      },
    } as never);
  });
  return cluster({
    agents: hosts.map((ip) => agent(`S-${ip}`, { ip })),
    frameworks: [framework(name, { tasks: tasks as never[] })],
  });
}

function bridged(host_port: number, container_port: number) {
  const port_mappings = [{ host_port, container_port, protocol: "tcp" }];
  return { type: "MESOS", network_infos: [{ name: "mesos-bridge", port_mappings }] };
}

/** Where a node is: its network, and words that run a command there. */
export interface Place {
  readonly words: readonly string[];
  readonly run: RunCommand;
  readonly get: (url: string) => Promise<string>;
}

const HERE: Place = { words: [], run: runCommand, get: async (url) => (await fetch(url)).text() };

/** `mesos-dns vips run`, in a range of loopback addresses, which takes no rights. */
export class VipsRun {
  readonly folder: string;
  readonly configFile: string;
  readonly statusPort: number;
  readonly #place: Place;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(0);
  log = "";

  private constructor(folder: string, statusPort: number, place: Place) {
    this.#place = place;
    this.folder = folder;
    this.statusPort = statusPort;
    this.configFile = join(folder, "config.json");
  }

  /** @param vips further keys */
  static async start(vips: object, other: object = {}, place = HERE): Promise<VipsRun> {
    const run = new VipsRun(mkdtempSync(join(tmpdir(), "mesos-dns-vips-")), await freePort(), place);
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
    const words = [...this.#place.words, process.execPath, PROGRAM, "vips", "run", "-config", this.configFile];
    const [command = "", ...args] = words;
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
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
    return JSON.parse(await this.#place.get(`http://127.0.0.1:${this.statusPort}/v1/status`)) as NodeStatus;
  }

  metrics(): Promise<string> {
    return this.#place.get(`http://127.0.0.1:${this.statusPort}/metrics`);
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
  command(action: string, configFile = this.configFile): Promise<CommandResult> {
    return this.#place.run(process.execPath, [PROGRAM, "vips", action, "-config", configFile]);
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
