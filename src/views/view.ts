import type { Agent, Framework, Skipped, SkipReason, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "./facts.js";
import type { ClaimSink, RecordSink, Sinks } from "./sink.js";
import type { ZoneSpec } from "./zone-spec.js";

/** Why something gets no records. */
export interface Problem {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** What had to be left out, by what it is. */
export type Problems = Map<Task | Framework, Skipped>;

/** Emits what each piece of a cluster gives. The same piece of the same cluster gives the same records, whenever it is asked. */
export interface Emitter {
  /** This server's own name. */
  nameServer?(): void;
  masters?(): void;
  agent?(agent: Agent): void;
  /** What a framework has of its own, without its tasks. */
  framework?(framework: Framework): Problem | undefined;
  task?(framework: Framework, task: Task): Problem | undefined;
}

/**
 * One way to see the cluster: the zones that it is seen in, and the records that each piece of it gives. A view is made for one
 * configuration; it may remember what it has emitted.
 */
export interface View {
  /** Zones that it makes this server authoritative for: none, one or several. One that several views have is that of the first. */
  readonly zones: readonly ZoneSpec[];
  /** Emits pieces of this cluster into `sinks`, whatever zones they belong to. */
  emitter?(facts: ClusterFacts, sinks: Sinks): Emitter;
  /** A zone, perhaps another view's, of which it takes every record to have it in zones of its own. */
  readonly mirror?: { readonly of: string; into(sinks: Sinks): RecordSink };
  /** Takes claims to addresses, and takes them back. One view may. */
  readonly claims?: { readonly made: ClaimSink; readonly withdrawn: ClaimSink };
  /** Emits what can only be said when all pieces have been emitted, or all changes. */
  publish?(removed: Sinks, added: Sinks): void;
}

/** Emits by all of these. A piece has the first problem that is found. */
export function together(emitters: readonly Emitter[]): Required<Emitter> {
  return {
    nameServer: () => {
      for (const emitter of emitters) emitter.nameServer?.();
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
