import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Started, start, type Tool } from "./tools.js";
import { until } from "./wait.js";

/**
 * Starts somebody else's server with a folder of its own, which goes with it, and waits until it answers.
 *
 * @param prepare writes what it needs to run into the folder, and returns its arguments
 * @param isUp whether it answers yet
 */
export async function startForeign(
  tool: Tool,
  prepare: (folder: string) => readonly string[],
  isUp: () => Promise<boolean>,
): Promise<Pick<Started, "signal" | "stop">> {
  const folder = mkdtempSync(join(tmpdir(), `mesos-dns-${tool}-`));
  const { lost, signal, stop: end } = start(tool, prepare(folder));
  const stop = async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([until(`${tool}'s first answer`, isUp), lost]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { signal, stop };
}
