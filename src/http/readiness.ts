import type { Failure } from "../base/errors.js";
import type { StateConfig } from "../config/config.js";
import type { ServerStatus } from "../status/status.js";

/** Why this process is not healthy, as sentences; empty if it is. A restart may help. */
export function unhealthyReasons(status: ServerStatus): string[] {
  return status.dns === "failed" ? ["the DNS listeners failed"] : [];
}

/**
 * Why clients should not be sent to this server, as sentences; empty if it is ready.
 *
 * @param now milliseconds since the epoch
 */
export function unreadyReasons(status: ServerStatus, config: StateConfig, now: number): string[] {
  const reasons = unhealthyReasons(status);
  if (status.dns === "starting") reasons.push("the DNS listeners are not open yet");
  if (!status.build) reasons.push(`no state from a Mesos master yet${restored(status, now)}${causes(status, now)}`);
  else if (status.stale) {
    const age = `the state is ${seconds(now - status.build.fetchedAt)} old`;
    const limit = `older than its limit of ${config.stateMaxAgeSeconds} s (stateMaxAgeSeconds)`;
    reasons.push(`${age}, ${limit}${causes(status, now)}`);
  }
  return reasons;
}

function restored({ restoredFrom }: ServerStatus, now: number): string {
  return restoredFrom === undefined ? "" : `, the zone of ${seconds(now - restoredFrom)} ago is served`;
}

/** What is served although the leading master does not report it, as sentences. The server is ready all the same. @param now as above */
export function notes({ live: { held, heldState } }: ServerStatus, now: number): string[] {
  const result: string[] = [];
  if (held.tasks + held.frameworks > 0) {
    const who = `${held.agents} agents and ${held.frameworks} frameworks have not come back to the leading master`;
    const until = held.until === undefined ? "" : `, for at most ${seconds(held.until - now)} more (failoverGrace)`;
    result.push(`the records of ${held.tasks} tasks stay, as ${who}${until}`);
  }
  if (heldState) {
    const { remaining, records, leader, since } = heldState;
    const what = `a state of ${leader} that would leave ${remaining} of ${records} records`;
    result.push(`${what} has been held for ${seconds(now - since)}, until it is confirmed (maxShrink)`);
  }
  return result;
}

/** The last failure, and that of ZooKeeper, as clauses to append. */
function causes({ failure, zookeeper }: ServerStatus, now: number): string {
  const lost = zookeeper?.failure;
  const last = failure ? `; the last attempt, ${told(failure, now)}` : "";
  // If the fetch failed because of ZooKeeper, its message has said so already.
  return lost && lost.code !== failure?.code ? `${last}; ZooKeeper, ${told(lost, now)}` : last;
}

function told({ message, code, at }: Failure, now: number): string {
  return `${seconds(now - at)} ago: ${message} (${code})`;
}

function seconds(milliseconds: number): string {
  return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
}
