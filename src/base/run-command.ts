import { spawn } from "node:child_process";

/** How a program has ended. */
export interface CommandResult {
  /** Its exit status; `null` if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, whatever it ends with.
 *
 * @param input for its standard input
 * @param timeoutMs after so many milliseconds it is killed
 * @returns rejects if it cannot be started (`code` of the error is then the system's, such as ENOENT), runs for too long or says too much
 */
export type RunCommand = (
  command: string,
  args: readonly string[],
  input?: string,
  timeoutMs?: number,
) => Promise<CommandResult>;

const TIMEOUT_MS = 30_000;
/** Two orders of magnitude above what 3,000 services with 5 targets take: more is not read into memory. */
const MAX_OUTPUT_OCTETS = 256 * 1024 * 1024;
/** Tools of administrators are in directories that only root has on its path. Messages in English can be understood. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" };

/** Runs real programs. */
export const runCommand: RunCommand = (command, args, input = "", timeoutMs = TIMEOUT_MS) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: ENVIRONMENT, stdio: "pipe" });
    const chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
    let octets = 0;
    const giveUp = (why: string) => {
      child.kill("SIGKILL");
      // Programs that it has started may keep these open for long.
      for (const pipe of child.stdio) pipe?.destroy();
      reject(new Error(`${command} ${why}`));
    };
    const timer = setTimeout(() => giveUp(`did not end within ${timeoutMs / 1_000} s`), timeoutMs);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > MAX_OUTPUT_OCTETS) giveUp(`said more than ${MAX_OUTPUT_OCTETS} octets`);
        else chunks[name].push(chunk);
      });
    }
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      const textOf = (parts: readonly Buffer[]) => Buffer.concat(parts).toString();
      resolve({ code, stdout: textOf(chunks.stdout), stderr: textOf(chunks.stderr) });
    });
    // A program that does not read its input may be gone before it is written.
    child.stdin.on("error", () => undefined).end(input);
  });
