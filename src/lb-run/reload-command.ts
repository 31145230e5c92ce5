import { MesosDnsError, messageOf } from "../base/errors.js";
import type { RunCommand } from "../base/run-command.js";

const TIMEOUT_MS = 60_000;

/** Runs a command that has HAProxy read its configuration again. No shell sees it. @param words the program and its arguments */
export function reloadWith(words: readonly string[], run: RunCommand): () => Promise<void> {
  return async () => {
    const [program = "", ...args] = words;
    const what = `the command that reloads HAProxy (${words.join(" ")})`;
    const result = await run(program, args, "", TIMEOUT_MS).catch((error: unknown) => {
      throw new MesosDnsError("LB_HAPROXY", `${what} cannot be run: ${messageOf(error)}`, { cause: error });
    });
    if (result.code === 0) return;
    const said = result.stderr.trim().split("\n").slice(-3).join("; ");
    throw new MesosDnsError("LB_HAPROXY", `${what} has failed with status ${result.code}: ${said}`);
  };
}
