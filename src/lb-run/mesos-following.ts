import { parseAddress } from "../base/addresses.js";
import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { systemLookup } from "../build/host-resolver.js";
import type { Config } from "../config/config.js";
import { servicesOfCluster } from "../lb/mesos-services.js";
import { serviceOptions } from "../lb/options.js";
import type { Services } from "../lb/services.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import { MesosSource } from "../sources/mesos/source.js";
import { connectWhenOpened } from "../sources/mesos/zookeeper/lazy-connection.js";
import { countRecords } from "../views/mesos-dns/record-count.js";
import type { Resolve } from "./addresses.js";
import type { Following } from "./following.js";

export interface MesosFollowingParts {
  readonly config: Config;
  readonly resolve: Resolve;
  readonly log: Pick<Logger, "info" | "warn">;
  /** @param read what is known of services now */
  readonly onServices: (read: () => Promise<Services>, since: number) => void;
}

const UNREAD = "the masters cannot be asked again";

/** Follows the masters themselves: their state, and their events. The guard of names guards services as well. */
export function followMesos({ config, resolve, log, onServices }: MesosFollowingParts): Following {
  const options = serviceOptions(config.lb);
  let currentAt: number | undefined;
  let trouble: string | undefined;
  let tasks = 0;
  // Labels are read of tasks where something needs them, as virtual addresses do.
  const following = { ...config, vips: { ...config.vips, names: true } };
  const source = new MesosSource({
    config: following,
    timers: systemTimers,
    random: Math.random,
    wallClock: Date.now,
    lookup: systemLookup,
    connect: connectWhenOpened,
    restored: undefined,
    count: (cluster, masters) => countRecords(cluster, masters, config),
    onCluster: async (cluster) => {
      if (trouble !== undefined) log.info("following the masters again");
      [currentAt, trouble] = [Date.now(), undefined];
      tasks = cluster.frameworks.reduce((sum, framework) => sum + framework.tasks.length, 0);
      onServices(async () => {
        const addresses = await resolve(hostsIn(cluster));
        const addressesOf = (host: string) => [parseAddress(host)?.text ?? addresses.get(host) ?? []].flat();
        return servicesOfCluster(cluster, { ...options, addressesOf });
      }, systemTimers.now());
    },
    onFailure: (error) => {
      const reason = messageOf(error);
      if (reason !== trouble) log.warn({ reason }, "what the masters told last counts");
      trouble = reason;
    },
    onReport: () => undefined,
    onZooKeeper: () => undefined,
  });
  return {
    start: () => source.start(),
    look: () =>
      void source.configure(following).catch((error: unknown) => log.warn({ reason: messageOf(error) }, UNREAD)),
    stop: () => source.stop(),
    get reports() {
      const url = undefined;
      return [{ name: "mesos", url, currentAt, trouble, apps: 0, tasks, pods: 0, isHeld: false }];
    },
  };
}

function hostsIn({ agents }: Cluster): ReadonlySet<string> {
  return new Set(Array.from(agents.values(), ({ endpoint }) => endpoint.host));
}
