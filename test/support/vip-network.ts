import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type RunCommand, runCommand } from "../../src/vip-node/run-command.js";

/** Whether this machine lets anybody have networks of their own, and root's rights in them. */
export const hasOwnNetworks = spawnSync("unshare", ["-Urn", "true"]).status === 0;

const PROGRAM = fileURLToPath(new URL("vip-network.mjs", import.meta.url));
/** How often each answered, by its name, or by the code of an error. */
export type Counts = Readonly<Record<string, number>>;

/** A network of its own with a program in it that serves and asks. `vip-network.mjs` says what there is to ask of it. */
export class VipNetwork {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error("no pipe");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** @param setUp lines of shell, run in the network before the program is */
  static async start(setUp: string): Promise<VipNetwork> {
    const script = `set -e; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; ${setUp}\nexec ${process.execPath} ${PROGRAM}`;
    return VipNetwork.#of(spawn("unshare", ["-Urn", "sh", "-c", script], PIPES));
  }

  /** A machine beside this one, such as a container of it, at the other end of a cable: `cable0` here, `cable1` there. */
  async neighbour(here: string, there: string): Promise<VipNetwork> {
    const script = `read _; PATH=$PATH:/usr/sbin:/sbin; ${there}\nexec ${process.execPath} ${PROGRAM}`;
    const child = spawn("nsenter", [...this.#enter, "unshare", "-n", "sh", "-c", script], PIPES);
    const made = await runCommand("nsenter", [...this.#enter, "sh", "-ec", cable(child.pid ?? 0, here)]);
    if (made.code !== 0) throw new Error(made.stderr);
    child.stdin?.write("\n");
    return VipNetwork.#of(child);
  }

  static async #of(child: ChildProcess): Promise<VipNetwork> {
    const network = new VipNetwork(child);
    await network.ask("askHeld");
    return network;
  }

  get #enter(): readonly string[] {
    return ["-t", String(this.#child.pid), "-U", "-n", "--preserve-credentials"];
  }

  /** Runs a program in this network. */
  readonly run: RunCommand = (command, args, input, timeoutMs) =>
    runCommand("nsenter", [...this.#enter, command, ...args], input, timeoutMs);

  async ask<T>(...command: readonly [name: string, ...args: unknown[]]): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the network has ended at ${command[0]}`);
    const answer = JSON.parse(value);
    if (answer?.error) throw new Error(`${command[0]}: ${answer.error}`);
    return answer;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

const PIPES = { stdio: ["pipe", "pipe", "inherit"] } as const;

/** Waits until the process is in a network of its own before it gives it an end of the cable. */
function cable(pid: number, here: string): string {
  return `
    PATH=$PATH:/usr/sbin:/sbin
    while [ "$(readlink /proc/${pid}/ns/net)" = "$(readlink /proc/self/ns/net)" ] || ! readlink /proc/${pid}/ns/net >/dev/null || ! grep -q sh /proc/${pid}/comm; do sleep 0.02; done
    ip link add cable0 type veth peer name cable1 netns ${pid}
    ip link set cable0 up
    ${here}`;
}
