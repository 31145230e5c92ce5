import type { HostPort } from "../../../base/host-port.js";
import type { Cluster } from "../cluster.js";

/** What is known of the cluster at one moment, and who has registered with its master. Immutable. */
export interface ObservedCluster {
  /** What the master reports, with agents that it only knows from before a failover. */
  readonly cluster: Cluster;
  readonly session: Session;
  /** Agents that have registered with this master. */
  readonly registered: ReadonlySet<string>;
  /** Frameworks known only from agents: their schedulers have not registered again. */
  readonly recoveredFrameworks: ReadonlySet<string>;
  /** By taskKey(): tasks that run, but have not reported their addresses. They are not in the cluster. */
  readonly unreported: ReadonlySet<string>;
}

/** The time during which one instance of a master leads. */
export interface Session {
  readonly leader: HostPort;
  /** The id of the master's instance, which changes at each start; "" if unknown. */
  readonly id: string;
  /**
   * Whether the registrations surely belong to this instance: they come from a state with its id, and from events after it. The
   * beginning of a stream names no instance: the master may have restarted at the same address.
   */
  readonly isCertain: boolean;
}

/** What a master has reported as ended. The guard does not wait for it. */
export interface Marks {
  /** By taskKey(): the state in which a task ended or became unreachable. */
  readonly tasks: ReadonlyMap<string, string>;
  readonly agents: ReadonlySet<string>;
  readonly frameworks: ReadonlySet<string>;
}

/** Task ids are unique only within their framework. Neither id contains a line feed. */
export function taskKey(frameworkId: string, id: string): string {
  return `${frameworkId}\n${id}`;
}

/** States after which a task does not run. An unreachable task may come back, but then as a new TASK_ADDED. */
const ENDED = /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNREACHABLE)$/;

export function hasEnded(state: string): boolean {
  return ENDED.test(state);
}

const LOST = new Set(["TASK_LOST", "TASK_UNREACHABLE", "TASK_GONE", "TASK_GONE_BY_OPERATOR", "TASK_DROPPED"]);

/** Whether this state of a task means that its agent is gone too, if the agent is missing. */
export function isLost(state: string): boolean {
  return LOST.has(state);
}
