import type { Agent, Framework, Skipped, SkipReason, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "./facts.js";
import type { ClaimSink, Sinks, ZoneSink } from "./sink.js";
import type { ZoneSpec } from "./zone-spec.js";

/** Why a piece of the cluster gets no records. */
export interface Problem {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** The pieces that are left out. */
export type Problems = Map<Task | Framework, Skipped>;

/** Emits the records of each piece of a cluster. For the same piece of the same cluster it must always emit the same records. */
export interface Emitter {
  /** The names of the zones' servers. */
  nameServers?(): void;
  masters?(): void;
  agent?(agent: Agent): void;
  /** A framework's own records, without those of its tasks. */
  framework?(framework: Framework): Problem | undefined;
  task?(framework: Framework, task: Task): Problem | undefined;
}

/**
 * One way to see the cluster: the zones for it, and the records of each piece in them. A view is made for one configuration. It may
 * remember what it has emitted.
 */
export interface View {
  /**
   * The zones for which the view makes this server authoritative: none, one or several. If several views have a zone, the first one
   * defines it.
   */
  readonly zones: readonly ZoneSpec[];
  /** Returns an emitter of this cluster's pieces into `sinks`, whatever zones they belong to. */
  emitter?(facts: ClusterFacts, sinks: Sinks): Emitter;
  /** A zone, perhaps of another view, whose records it copies to its own zones. */
  readonly mirror?: { readonly of: string; into(sinks: Sinks): ZoneSink };
  /** Takes new and withdrawn claims to addresses. At most one view may have it. */
  readonly claims?: { readonly made: ClaimSink; readonly withdrawn: ClaimSink };
  /** Emits records that can only be determined after all pieces, or all changes, have been emitted. */
  publish?(removed: Sinks, added: Sinks): void;
  /** The RRsets, such as `www.example.com A`, all of whose values count as healthy because none is, as of the last `publish`. */
  failedOpen?(): readonly string[];
}

/** An emitter that calls all of these. A piece gets the first problem that one of them returns. */
export function together(emitters: readonly Emitter[]): Required<Emitter> {
  return {
    nameServers: () => {
      for (const emitter of emitters) emitter.nameServers?.();
    },
    masters: () => {
      for (const emitter of emitters) emitter.masters?.();
    },
    agent: (agent) => {
      for (const emitter of emitters) emitter.agent?.(agent);
    },
    framework: (framework) => {
      let problem: Problem | undefined;
      for (const emitter of emitters) problem = emitter.framework?.(framework) ?? problem;
      return problem;
    },
    task: (framework, task) => {
      let problem: Problem | undefined;
      for (const emitter of emitters) problem = emitter.task?.(framework, task) ?? problem;
      return problem;
    },
  };
}
