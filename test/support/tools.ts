import { type ChildProcess, execFile, spawn } from "node:child_process";
import packages from "../../scripts/test-packages.json" with { type: "json" };

/** A program that tests run. */
export type Tool = keyof typeof packages;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Servers and checkers are in directories that only root has on its path. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: "C" };
const TIMEOUT_MS = 20_000;

/** Runs a program to its end, whatever it ends with. Rejects with what to install where it is missing. */
export function run(tool: Tool, args: readonly string[], input = "", timeout = TIMEOUT_MS): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(tool, args, { env: ENVIRONMENT, timeout }, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") reject(missing(tool));
      else if (error && typeof error.code !== "number") reject(error);
      else resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
    // A program that does not read its input may be gone before it is written.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/** A program that goes on until it is stopped. */
export interface Started {
  readonly child: ChildProcess;
  /** Rejects with what it said once it has ended. */
  readonly lost: Promise<never>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it, also where it is held. */
  stop(): Promise<void>;
}

/** Starts a program that goes on until it is stopped. */
export function start(tool: Tool, args: readonly string[]): Started {
  const child = spawn(tool, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  const lost = new Promise<never>((_, reject) => {
    child.once("error", (error) => reject("code" in error && error.code === "ENOENT" ? missing(tool) : error));
    child.once("exit", () => reject(new Error(`${tool} ended: ${output}`)));
  });
  const ended = lost.catch(() => undefined);
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  const stop = async () => {
    signal("SIGCONT");
    signal("SIGTERM");
    await ended;
  };
  return { child, lost, signal, stop };
}

function missing(tool: Tool): Error {
  return new Error(`${tool} is missing: apt-get install ${packages[tool]} (npm test installs what tests need)`);
}
