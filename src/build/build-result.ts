import type { Cluster, Skipped } from "../sources/mesos/cluster.js";
import type { Apex } from "../zone/apex.js";
import type { ZoneImage } from "../zone/image.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { HiddenRecords } from "../zone/written-first.js";
import type { BuildConfig } from "./build-config.js";

/** What was published before the first build. */
export interface BuildStart {
  readonly generation: number;
  readonly apexes: readonly Apex[];
  /** All shards; `undefined` if nothing was published, or with another seed. */
  readonly shards: readonly SharedArrayBuffer[] | undefined;
  /** Whether nothing newer can have been published since. */
  readonly isLatest: boolean;
}

export interface Build {
  /** `undefined` if no zone has changed. */
  readonly update: SnapshotUpdate | undefined;
  /** That of the first zone. */
  readonly serial: number;
  readonly generation: number;
  readonly names: number;
  readonly records: number;
  readonly skipped: readonly Skipped[];
  /** The records that the operator's own hide. */
  readonly hidden: readonly HiddenRecords[];
  /** The RRsets of which no value is healthy, so that all count. */
  readonly failedOpen: readonly string[];
  /** Whether all records were emitted anew, and not only those that differ from the last build's, or the restored zone's. */
  readonly isWhole: boolean;
  readonly seconds: { readonly resolve: number; readonly generate: number; readonly compile: number };
}

/** The zones of the last build. */
export interface BuiltZone extends Pick<ZoneImage, "seed" | "apexes" | "shards"> {
  readonly generation: number;
  readonly config: BuildConfig;
  readonly cluster: Cluster;
}
