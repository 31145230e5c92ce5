import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type RunCommand, runCommand } from "../../src/base/run-command.js";

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
    return new VipNetwork(spawn("unshare", ["-Urn", "sh", "-c", script], PIPES)).#ready();
  }

  /** A machine beside this one, such as a container of it, at the other end of a cable: `cable0` here, `cable1` there. */
  async neighbour(here: string, there: string): Promise<VipNetwork> {
    const script = `echo; read _; PATH=$PATH:/usr/sbin:/sbin; ${there}\nexec ${process.execPath} ${PROGRAM}`;
    const [command = "", ...words] = this.words;
    const child = spawn(command, [...words, "unshare", "-n", "sh", "-c", script], PIPES);
    const network = new VipNetwork(child);
    // Only now is it in a network of its own, which can be given an end of the cable.
    await network.#lines.next();
    const cable = `ip link add cable0 type veth peer name cable1 netns ${child.pid} && ip link set cable0 up && ${here}`;
    const made = await this.run("sh", ["-c", cable]);
    if (made.code !== 0) throw new Error(made.stderr);
    child.stdin?.write("\n");
    return network.#ready();
  }

  async #ready(): Promise<this> {
    await this.ask("askHeld");
    return this;
  }

  /** Words that run a command in this network. */
  get words(): readonly string[] {
    return ["nsenter", "-t", String(this.#child.pid), "-U", "-n", "--preserve-credentials"];
  }

  /** Runs a program in this network. */
  readonly run: RunCommand = (command, args, input, timeoutMs) => {
    const [enter = "", ...words] = this.words;
    return runCommand(enter, [...words, command, ...args], input, timeoutMs);
  };

  /** The text at a URL, as programs of this network get it. */
  readonly get = (url: string): Promise<string> => this.ask<string>("get", url);

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

const PIPES: SpawnOptions = { stdio: ["pipe", "pipe", "inherit"] };
