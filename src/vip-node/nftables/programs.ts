/** The programs that the plane runs, and what people are told where they do not work. */
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import type { CommandResult, RunCommand } from "../../base/run-command.js";

/** What each comes with. */
const PACKAGES: Readonly<Record<string, string>> = { nft: "nftables", conntrack: "conntrack", ip: "iproute2" };
const NO_RIGHTS = "Operation not permitted";
const TOO_LONG = "Message too long";

/** Runs programs so that one that cannot be run is an error for people. */
export function explained(run: RunCommand): RunCommand {
  return async (command, args, input, timeoutMs) => {
    try {
      return await run(command, args, input, timeoutMs);
    } catch (error) {
      const remedy = `${command} is not installed: install the package ${PACKAGES[command] ?? command}`;
      throw new MesosDnsError("VIP_PLANE", hasCode(error, "ENOENT") ? remedy : messageOf(error), { cause: error });
    }
  };
}

/** Rejects what concerns the plane as a whole. */
export function checkNft(result: CommandResult): void {
  if (result.code === 0) return;
  if (isWithoutRights(result)) {
    const remedy = "run this with CAP_NET_ADMIN; docs/vips.md has the lines for its unit";
    throw new MesosDnsError("VIP_PLANE", `nft may not read or change the rules of this node (${NO_RIGHTS}): ${remedy}`);
  }
  throw new MesosDnsError("VIP_PLANE", `nft has failed: ${reasonOf(result)}`);
}

export function isWithoutRights({ code, stderr }: CommandResult): boolean {
  return code !== 0 && stderr.includes(NO_RIGHTS);
}

/** Whether a transaction has more octets than the kernel takes at once: without rights on the machine itself, as in a container, that is `net.core.wmem_max`. */
export function isTooLong({ code, stderr }: CommandResult): boolean {
  return code !== 0 && stderr.includes(TOO_LONG);
}

/** The first line of what it said, which is what went wrong and where; the others repeat the command. */
export function reasonOf({ code, stderr }: CommandResult): string {
  const [line = ""] = stderr.trim().split("\n");
  return line === "" ? `exit status ${code}` : line;
}

/** The lines of a script that nft has complained of, counted from 0, and how. */
export function complaintsOf({ stderr }: CommandResult): ReadonlyMap<number, string> {
  const complaints = new Map<number, string>();
  for (const [, line, text = ""] of stderr.matchAll(/^\/dev\/stdin:(\d+):[\d-]+: (?:Error: )?(.*)$/gm)) {
    const index = Number(line) - 1;
    if (!complaints.has(index)) complaints.set(index, text);
  }
  return complaints;
}
