import { MesosDnsError } from "../../../base/errors.js";
import type { HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import { listedMasters, type MasterSource } from "../leader.js";
import type { ZooKeeperFollower } from "./follower.js";

export interface ElectedMastersOptions {
  readonly follower: Pick<ZooKeeperFollower, "election" | "failure" | "startedAt">;
  /** The configuration's `masters`, used while ZooKeeper names none. */
  readonly listed: readonly HostPort[];
  /** `zkDetectionTimeout`; 0 for no limit. */
  readonly detectionSeconds: number;
  readonly timers: Timers;
}

/**
 * The masters that ZooKeeper names. If it has named none within zkDetectionTimeout, the listed ones. The caller has to
 * call `candidates` again when the follower learns of masters: a waiting call does not notice.
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
      // The last election may be hours old, so try the last leader that answered and the listed masters too.
      return [...(last ? [last] : []), ...election.masters, ...listed];
    },
  };
}

/** Waits until zkDetectionTimeout is over. Throws ZOOKEEPER_… if no masters are listed to fall back on. */
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

/** Resolves after `ms`. Rejects with the signal's reason if it is aborted before. */
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
