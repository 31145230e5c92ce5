import type { HostPort } from "../../../base/host-port.js";
import type { Cluster } from "../cluster.js";

/** What is known of the cluster at one moment, and of whom its master has not heard. Immutable. */
export interface View {
  /** What the master says runs, and agents that it knows from before a failover only. */
  readonly cluster: Cluster;
  readonly session: Session;
  /** Agents that have registered with this master. */
  readonly registered: ReadonlySet<string>;
  /** Frameworks known from what agents say, whose schedulers have not come back. */
  readonly recoveredFrameworks: ReadonlySet<string>;
  /** By taskKey(): tasks that run, but have not said where. They are not in the cluster. */
  readonly unreported: ReadonlySet<string>;
}

/** The time in which one master leads. */
export interface Session {
  readonly leader: HostPort;
  /** The master's own id, another one each time it is started; "" where it is not known. */
  readonly id: string;
  /**
   * Who has registered is known from a state with that id, and from events after it. The beginning of a stream names no master: it
   * may come from one that has been started again in the same place.
   */
  readonly isCertain: boolean;
}

/** What a master has said has ended: it is not to be waited for. */
export interface Marks {
  /** By taskKey(): the state in which a task ended or became unreachable. */
  readonly tasks: ReadonlyMap<string, string>;
  readonly agents: ReadonlySet<string>;
  readonly frameworks: ReadonlySet<string>;
}

/** Task ids are unique within their framework only. Neither id holds a line feed. */
export function taskKey(frameworkId: string, id: string): string {
  return `${frameworkId}\n${id}`;
}

/** States after which a task never runs again. One that is unreachable may come back, but then it is added anew. */
const ENDED = /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNREACHABLE)$/;

export function hasEnded(state: string): boolean {
  return ENDED.test(state);
}

const LOST = new Set(["TASK_LOST", "TASK_UNREACHABLE", "TASK_GONE", "TASK_GONE_BY_OPERATOR", "TASK_DROPPED"]);

/** Whether a task in this state went because its agent did, if that is not there either. */
export function isLost(state: string): boolean {
  return LOST.has(state);
}
