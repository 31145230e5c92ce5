import type { ZoneConfig } from "../config/config.js";
import type { Skipped } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "../views/facts.js";
import type { Snapshot } from "../zone/snapshot.js";

/** What there is to explain: the zones of one moment, and what they were made of. */
export interface ExplainBasis {
  readonly config: ZoneConfig;
  readonly facts: ClusterFacts;
  readonly snapshot: Snapshot;
  /** What is left out. */
  readonly skipped: readonly Skipped[];
  /** What the operator's own records hide of a name. */
  hiddenTypes(name: string): readonly number[];
  /** Whether a name's records on standby are not published, because it has others. */
  omitsStandby(zone: string, name: string): boolean;
  /** Whether the leading master reports the task; `undefined` if that is not known. */
  isReported(frameworkId: string, taskId: string): boolean | undefined;
}
