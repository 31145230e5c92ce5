import { formatHostPort } from "../../base/host-port.js";
import type { Skipped } from "../../sources/mesos/cluster.js";
import type { LeaderState } from "../../sources/mesos/leader.js";
import { type Check, check } from "./check.js";

const MAX_REASONS = 3;

/** Which master leads, and whether its state can be published. @param skipped all that is left out of the zone */
export function judgeState(
  { cluster, leader, bytes, fetchMs }: LeaderState,
  skipped: readonly Skipped[],
): readonly Check[] {
  const tasks = cluster.frameworks.reduce((sum, framework) => sum + framework.tasks.length, 0);
  const size = `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const lead = check(
    "masters",
    "ok",
    `${formatHostPort(leader)} leads, and its state of ${size} came in ${(fetchMs / 1000).toFixed(1)} s`,
  );
  const has = `${tasks.toLocaleString("en")} running tasks on ${cluster.agents.size.toLocaleString("en")} agents`;
  if (skipped.length === 0) return [lead, check("state", "ok", `${has}, and nothing is left out`)];
  const first = skipped.slice(0, MAX_REASONS).map(({ kind, id, detail }) => `${kind} ${id}: ${detail}`);
  const more = skipped.length > MAX_REASONS ? `, and ${skipped.length - MAX_REASONS} more` : "";
  const text = `${has}; ${skipped.length} ${skipped.length === 1 ? "thing is" : "things are"} left out: ${first.join("; ")}${more}`;
  return [lead, check("state", "warning", text, "`mesos-dns explain ID` says more of each")];
}
