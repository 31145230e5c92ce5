import type { Cluster } from "../sources/mesos/cluster.js";

/** Whether the cluster has what labels and statuses say. One that was read before anybody wanted that has none. */
export function hasFacts({ frameworks }: Pick<Cluster, "frameworks">): boolean {
  return (
    frameworks.every(({ tasks }) => tasks.length === 0) || frameworks.some(({ tasks }) => tasks.some((t) => t.facts))
  );
}
