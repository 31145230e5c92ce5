import { agentChanges, type Change, endedOf, moved, startedOf, stayed } from "./changes.js";
import type { Steps } from "./cluster-table.js";
import type { TaskRow } from "./model.js";

/** At most this many changes of one update are told one by one. */
export const MAX_CHANGES = 200;
/** Tasks that have ended and may have moved: of more than these, no more is known than that they have ended. */
const MAX_ENDED = 10_000;

/**
 * The changes of one update, which comes in pieces. A task that ends on one agent while another one of its service starts elsewhere
 * has moved.
 */
export class UpdateChanges {
  readonly #told: Change[] = [];
  #more = 0;
  /** Tasks that have ended: by service, and then by agent. */
  readonly #ended = new Map<string, Map<string, TaskRow[]>>();
  #endedCount = 0;

  /** Takes what a piece has changed. What has ended comes before, or in the same piece as, what has started. */
  add({ tasks, agents }: Steps): void {
    for (const step of agents) this.#tell(agentChanges(step));
    for (const { before, after } of tasks) if (before && !after) this.#end(before);
    for (const { before, after } of tasks) {
      if (before && after) this.#tell(stayed(before, after));
      else if (after) this.#start(after);
    }
  }

  /** All changes, when the last piece has been taken. */
  end(): readonly Change[] {
    for (const agents of this.#ended.values())
      for (const tasks of agents.values()) for (const task of tasks) this.#tellOne(() => endedOf(task));
    if (this.#more === 0) return this.#told;
    const text = `${this.#more} more tasks or agents changed at the same time.`;
    return [...this.#told, { kind: "more", count: this.#more, text }];
  }

  #end(task: TaskRow): void {
    if (this.#endedCount >= MAX_ENDED) {
      this.#tellOne(() => endedOf(task));
      return;
    }
    this.#endedCount++;
    const key = serviceOf(task);
    const agents = this.#ended.get(key) ?? new Map<string, TaskRow[]>();
    this.#ended.set(key, agents);
    const tasks = agents.get(task.agentId);
    if (tasks) tasks.push(task);
    else agents.set(task.agentId, [task]);
  }

  #start(task: TaskRow): void {
    const former = this.#takeEndedElsewhere(task);
    this.#tellOne(() => (former ? moved(former, task) : startedOf(task)));
  }

  /** Removes a task of the same service that has ended on another agent, and returns it. */
  #takeEndedElsewhere(task: TaskRow): TaskRow | undefined {
    const agents = this.#ended.get(serviceOf(task));
    for (const [agentId, tasks] of agents ?? []) {
      if (agentId === task.agentId) continue;
      const former = tasks.pop();
      if (tasks.length === 0) agents?.delete(agentId);
      this.#endedCount--;
      return former;
    }
    return undefined;
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) this.#tellOne(() => change);
  }

  /** Makes no change that is only counted. */
  #tellOne(make: () => Change): void {
    if (this.#told.length < MAX_CHANGES) this.#told.push(make());
    else this.#more++;
  }
}

function serviceOf({ service, frameworkId }: TaskRow): string {
  return `${frameworkId.length}:${frameworkId}${service}`;
}
