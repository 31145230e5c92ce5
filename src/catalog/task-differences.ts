import type { Framework, Task } from "../sources/mesos/cluster.js";

/** A task and its framework. */
export interface Placed {
  readonly framework: Framework;
  readonly task: Task;
  readonly killing: boolean;
}

export interface TaskDifferences {
  readonly gone: readonly Placed[];
  readonly come: readonly Placed[];
}

/**
 * The tasks to remove and to add, to get from the tasks of one cluster to those of another. A task that is the same object in both is
 * unchanged, unless its agent is in `moved`.
 */
export function taskDifferences(
  before: readonly Framework[],
  after: readonly Framework[],
  moved: ReadonlySet<string>,
): TaskDifferences {
  const gone: Placed[] = [];
  const come: Placed[] = [];
  const old = new Map(before.map((framework) => [framework.id, framework]));
  const young = new Map(after.map((framework) => [framework.id, framework]));
  for (const framework of old.values()) if (!young.has(framework.id)) placeAll(framework, gone);
  for (const framework of young.values()) {
    const former = old.get(framework.id);
    if (former === framework && moved.size === 0) continue;
    if (former && former.name === framework.name) compare(former, framework, moved, { gone, come });
    else {
      if (former) placeAll(former, gone);
      placeAll(framework, come);
    }
  }
  return { gone, come };
}

function placeAll(framework: Framework, into: Placed[]): void {
  for (const task of framework.tasks) into.push({ framework, task, killing: false });
  for (const task of framework.killing ?? []) into.push({ framework, task, killing: true });
}

interface Lists {
  readonly gone: Placed[];
  readonly come: Placed[];
}

function compare(former: Framework, framework: Framework, moved: ReadonlySet<string>, { gone, come }: Lists): void {
  for (const killing of [false, true]) {
    const list = ({ tasks, killing: ending = [] }: Framework) => (killing ? ending : tasks);
    const changed = differences(list(former), list(framework));
    for (const task of changed.gone) gone.push({ framework: former, task, killing });
    for (const task of changed.come) come.push({ framework, task, killing });
    if (moved.size === 0) continue;
    for (const task of list(framework)) {
      if (!moved.has(task.agentId) || changed.come.has(task)) continue;
      gone.push({ framework: former, task, killing });
      come.push({ framework, task, killing });
    }
  }
}

/** Skips the equal tasks at both ends of the lists: a framework can have many tasks, of which few change. */
function differences(before: readonly Task[], after: readonly Task[]) {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const gone = new Set(before.slice(start, before.length - end));
  const come = new Set<Task>();
  for (const task of after.slice(start, after.length - end)) if (!gone.delete(task)) come.add(task);
  return { gone, come };
}
