import type { ZoneBuilder } from "../build/zone-builder.js";
import type { ExplainBasis } from "../explain/basis.js";
import type { MesosSource } from "../sources/mesos/source.js";
import { Snapshot } from "../zone/snapshot.js";

/** What a builder has made last, and of what; `undefined` before the first build. */
export function explainable(
  zones: Pick<ZoneBuilder, "basis" | "whole">,
  source: Pick<MesosSource, "isReported">,
): ExplainBasis | undefined {
  const { basis, whole } = zones;
  if (!basis || !whole) return undefined;
  const { config, facts, records } = basis;
  return {
    config,
    facts,
    snapshot: Snapshot.empty(whole.apexes).with(whole),
    skipped: [...facts.cluster.skipped, ...records.problems.values()],
    hiddenTypes: (name) => records.hidden.find((hidden) => hidden.name === name)?.types ?? [],
    omitsStandby: (zone, name) => records.omitsStandby(zone, name),
    isReported: (frameworkId, taskId) => source.isReported(frameworkId, taskId),
  };
}
