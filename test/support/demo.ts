import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const PROGRAM = "dist/demo/main.js";
const STARTED = /Ctrl-C stops everything/;

export interface DemoRun {
  readonly demo: ChildProcess;
  readonly exited: Promise<unknown[]>;
  readonly output: () => string;
}

/** Starts the demonstration. @param folder for its temporary files: what is left behind shows. @param env beside the environment */
export function startDemo(args: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}): DemoRun {
  const options = { env: { ...process.env, TMPDIR: folder, ...env }, stdio: "pipe" as const };
  const demo = spawn(process.execPath, [PROGRAM, ...args], options);
  let output = "";
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
  };
  demo.stdout.on("data", hear);
  demo.stderr.on("data", hear);
  return { demo, exited: once(demo, "exit"), output: () => output };
}

/** Waits until it says what to try. */
export async function started({ demo, output }: DemoRun): Promise<void> {
  while (!STARTED.test(output())) {
    if (demo.exitCode !== null) throw new Error(`the demonstration ended: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
