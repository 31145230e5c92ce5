import { MesosDnsError } from "../../../base/errors.js";
import type { HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import { listedMasters, type MasterSource } from "../leader.js";
import type { ZooKeeperFollower } from "./follower.js";

export interface ElectedMastersOptions {
  readonly follower: Pick<ZooKeeperFollower, "election" | "failure" | "startedAt">;
  /** The configuration's `masters`, for when ZooKeeper is silent. */
  readonly listed: readonly HostPort[];
  /** `zkDetectionTimeout`; 0 for no limit. */
  readonly detectionSeconds: number;
  readonly timers: Timers;
}

/**
 * The masters that ZooKeeper names; until it has named any, and zkDetectionTimeout is over, those listed. Who polls has to
 * begin anew when the follower learns of masters: `candidates` does not watch for that while it waits.
 */
export function electedMasters(options: ElectedMastersOptions): MasterSource {
  const { follower, listed } = options;
  return {
    masters: () => follower.election?.masters ?? listed,
    candidates: async (last, signal) => {
      const { election } = follower;
      if (!election) {
        await detection(options, signal);
        return listedMasters(listed).candidates(last, signal);
      }
      if (!follower.failure) return election.masters;
      // What ZooKeeper said last may be hours old: a leader that answers counts for as much.
      return [...(last ? [last] : []), ...election.masters, ...listed];
    },
  };
}

/** Waits until the time for the first detection is over. Throws ZOOKEEPER_… where there is nothing to fall back on. */
async function detection(options: ElectedMastersOptions, signal: AbortSignal): Promise<void> {
  const { follower, listed, detectionSeconds, timers } = options;
  const left =
    detectionSeconds === 0 ? Number.POSITIVE_INFINITY : follower.startedAt + detectionSeconds * 1000 - timers.now();
  if (left > 0) await elapsed(left, timers, signal);
  if (listed.length > 0) return;
  const { code = "ZOOKEEPER_UNREACHABLE", message = "no server has answered" } = follower.failure ?? {};
  throw new MesosDnsError(
    code,
    `ZooKeeper named no master within ${detectionSeconds} s (zkDetectionTimeout): ${message}`,
  );
}

/** Rejects with the signal's reason when that is aborted. */
function elapsed(ms: number, timers: Timers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = Number.isFinite(ms) ? timers.after(ms, resolve) : () => {};
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
