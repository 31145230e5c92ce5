import { spawnSync } from "node:child_process";

/** Whether this machine lets a test have networks of its own. */
export const hasNamespaces = spawnSync("unshare", ["--net", "true"]).status === 0;

/**
 * Words that run a command in a network of its own, which has loopback and nothing else until `setUp`, lines of shell, adds to it.
 * All that is in the namespace ends with the command.
 */
export function inNamespace(setUp: string, command: readonly string[]): readonly [string, readonly string[]] {
  const script = `set -e\nPATH=$PATH:/usr/sbin:/sbin\nip link set lo up\n${setUp}\nexec "$@"`;
  return ["unshare", ["--net", "--mount", "sh", "-c", script, "sh", ...command]];
}
