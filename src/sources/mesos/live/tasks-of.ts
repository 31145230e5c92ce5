import type { Cluster, Framework, Task } from "../cluster.js";
import { sameValue } from "../same.js";
import type { Registry } from "../state.js";

/** How many tasks, agents and frameworks differed from a state. */
export interface Differences {
  tasks: number;
  agents: number;
  frameworks: number;
}

/** A framework without its tasks. */
type FrameworkInfo = Omit<Framework, "tasks" | "killing">;

/** A framework and its running tasks. The tasks may be known before the framework is. */
export class TasksOf {
  info: FrameworkInfo | undefined;
  recovered = false;
  readonly tasks: Map<string, Task>;
  /** Tasks that are being killed. Kept only for a catalogue. */
  readonly killing: Map<string, Task>;
  #made: Framework | undefined;
  /** The list of a state that these tasks are; nothing where events have changed them since. */
  #listed: Iterable<Task> | undefined;

  constructor(info?: FrameworkInfo, tasks: Iterable<Task> = [], killing: Iterable<Task> = []) {
    this.info = info;
    this.#listed = tasks;
    this.tasks = byId(tasks);
    this.killing = byId(killing);
  }

  /** The framework with its tasks, the same object until something changes; `undefined` while only its tasks are known. */
  get framework(): Framework | undefined {
    if (this.info && !this.#made) {
      const made = { ...this.info, tasks: [...this.tasks.values()] };
      this.#made = this.killing.size === 0 ? made : { ...made, killing: [...this.killing.values()] };
    }
    return this.#made;
  }

  /** Call this after each change. */
  touch(): void {
    this.#made = undefined;
    this.#listed = undefined;
  }

  /** Whether a state says just this, without looking at the tasks one by one. */
  isAsIn({ tasks, killing, ...info }: Framework, recovered: boolean): boolean {
    if (this.#listed !== tasks || this.recovered !== recovered) return false;
    return killing === undefined && this.killing.size === 0 && sameValue(this.info, info);
  }

  /** Reuses the objects of `before` for what is equal, and counts what is not. */
  adopt(before: TasksOf | undefined, differences: Differences): void {
    if (before === this) return;
    differences.tasks += adoptTasks(this.tasks, before?.tasks) + adoptTasks(this.killing, before?.killing);
    const sameInfo = sameValue(this.info, before?.info);
    if (!sameInfo) differences.frameworks++;
    this.#made = undefined;
    if (sameInfo && before && sameOrder(this.tasks, before.tasks) && sameOrder(this.killing, before.killing))
      this.#made = before.framework;
  }
}

function byId(tasks: Iterable<Task>): Map<string, Task> {
  return new Map(Array.from(tasks, (task) => [task.id, task]));
}

/** @returns the number of tasks that differ */
function adoptTasks(tasks: Map<string, Task>, before: ReadonlyMap<string, Task> | undefined): number {
  let differences = 0;
  for (const [id, task] of tasks) {
    const former = before?.get(id);
    if (former === task) continue;
    if (former && sameValue(former, task)) tasks.set(id, former);
    else differences++;
  }
  for (const id of before?.keys() ?? []) if (!tasks.has(id)) differences++;
  return differences;
}

function sameOrder(a: ReadonlyMap<string, Task>, b: ReadonlyMap<string, Task>): boolean {
  if (a.size !== b.size) return false;
  const others = b.values();
  for (const task of a.values()) if (others.next().value !== task) return false;
  return true;
}

/**
 * The frameworks of a state, by id.
 * @param before the very objects of which are taken where nothing has changed
 */
export function frameworksOf(
  { frameworks }: Cluster,
  { recoveredFrameworks }: Registry,
  before: ReadonlyMap<string, TasksOf>,
): Map<string, TasksOf> {
  return new Map(
    frameworks.map((each) => {
      const former = before.get(each.id);
      const recovered = recoveredFrameworks.has(each.id);
      if (former?.isAsIn(each, recovered)) return [each.id, former];
      const { tasks, killing, ...info } = each;
      const framework = new TasksOf(info, tasks, killing);
      framework.recovered = recovered;
      return [each.id, framework];
    }),
  );
}
