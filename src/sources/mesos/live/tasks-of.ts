import type { Cluster, Framework, Task } from "../cluster.js";
import { sameValue } from "../same.js";
import type { Registry } from "../state.js";

/** How many tasks, agents and frameworks were not as a state says. */
export interface Differences {
  tasks: number;
  agents: number;
  frameworks: number;
}

/** A framework and its running tasks. Its tasks may be known before it is. */
export class TasksOf {
  info: Omit<Framework, "tasks"> | undefined;
  recovered = false;
  readonly tasks: Map<string, Task>;
  #made: Framework | undefined;

  constructor(info?: Omit<Framework, "tasks">, tasks: Iterable<Task> = []) {
    this.info = info;
    this.tasks = new Map(Array.from(tasks, (task) => [task.id, task]));
  }

  /** The framework as it is now, the same object until something changes; `undefined` while only its tasks are known. */
  get framework(): Framework | undefined {
    if (this.info && !this.#made) this.#made = { ...this.info, tasks: [...this.tasks.values()] };
    return this.#made;
  }

  /** To be called after each change. */
  touch(): void {
    this.#made = undefined;
  }

  /** Takes the objects of `before` for what is equal, and counts what is not. */
  adopt(before: TasksOf | undefined, differences: Differences): void {
    for (const [id, task] of this.tasks) {
      const former = before?.tasks.get(id);
      if (former === task) continue;
      if (former && sameValue(former, task)) this.tasks.set(id, former);
      else differences.tasks++;
    }
    for (const id of before?.tasks.keys() ?? []) if (!this.tasks.has(id)) differences.tasks++;
    const sameInfo = sameValue(this.info, before?.info);
    if (!sameInfo) differences.frameworks++;
    this.#made = undefined;
    if (sameInfo && before && sameOrder(this.tasks, before.tasks)) this.#made = before.framework;
  }
}

function sameOrder(a: ReadonlyMap<string, Task>, b: ReadonlyMap<string, Task>): boolean {
  if (a.size !== b.size) return false;
  const others = b.values();
  for (const task of a.values()) if (others.next().value !== task) return false;
  return true;
}

/** The frameworks of a state, by id. */
export function frameworksOf({ frameworks }: Cluster, { recoveredFrameworks }: Registry): Map<string, TasksOf> {
  return new Map(
    frameworks.map(({ tasks, ...info }) => {
      const framework = new TasksOf(info, tasks);
      framework.recovered = recoveredFrameworks.has(info.id);
      return [info.id, framework];
    }),
  );
}
