import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolEnvironment } from "./environment.js";
import { freePort, HOST } from "./loopback.js";
import { PROGRAM } from "./program.js";
import { VIP_RANGE } from "./server.js";

const READY = "carrying virtual addresses";
const READY_MS = 5_000;

/** `mesos-dns vips run` for the virtual addresses of the demonstration, with HAProxy. */
export class DemoNode {
  readonly #child: ChildProcess;
  readonly #configFile: string;
  /** Settles when it does, or when it is plain that it does not. */
  readonly isCarrying: Promise<boolean>;
  readonly #exited: Promise<unknown>;

  private constructor(configFile: string) {
    this.#configFile = configFile;
    const words = [PROGRAM, "vips", "run", `-config=${configFile}`];
    this.#child = spawn(process.execPath, words, { env: toolEnvironment(), stdio: ["ignore", "ignore", "pipe"] });
    this.#exited = new Promise((resolve) => this.#child.once("close", resolve));
    this.isCarrying = new Promise((resolve) => {
      this.#child.stderr?.on("data", (text: Buffer) => {
        if (text.includes(READY)) resolve(true);
      });
      this.#child.once("close", () => resolve(false));
      setTimeout(() => resolve(false), READY_MS).unref();
    });
  }

  /** Starts it; `undefined` where there is no HAProxy. @param folder for its files */
  static async start(folder: string, httpPort: number): Promise<DemoNode | undefined> {
    if (spawnSync("haproxy", ["-v"], { env: toolEnvironment() }).status !== 0) return undefined;
    const vips = {
      servers: [`http://${HOST}:${httpPort}`],
      ipv4Range: VIP_RANGE,
      runDir: folder,
      statusListener: `${HOST}:${await freePort()}`,
      maxConnections: 500,
      lingerSeconds: 5,
    };
    const configFile = join(folder, "node.json");
    writeFileSync(configFile, JSON.stringify({ vips }, null, 2));
    return new DemoNode(configFile);
  }

  /** Ends it, and its HAProxy, which would go on otherwise. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
    const clearing = spawn(process.execPath, [PROGRAM, "vips", "clear", `-config=${this.#configFile}`], {
      env: toolEnvironment(),
      stdio: "ignore",
    });
    await once(clearing, "close");
  }
}
