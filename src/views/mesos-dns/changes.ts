import type { Agent, Framework, Task } from "../../sources/mesos/cluster.js";
import type { Emission, Problems, RecordGenerator } from "./generate.js";

/** Where the difference between two zones goes to. */
export interface Difference {
  readonly removed: Emission;
  readonly added: Emission;
  /** Of the zone before; becomes that of the zone after. */
  readonly problems: Problems;
}

/**
 * Emits what has to be removed from the zone of one cluster, and added to it, to get that of another: all of what has
 * changed, and nothing else. What is the same object in both clusters is taken to be unchanged.
 *
 * @returns false, with nothing emitted, where the two cannot be compared piece by piece
 */
export function emitChanges(before: RecordGenerator, after: RecordGenerator, difference: Difference): boolean {
  const frameworks = pairs(before.input.cluster.frameworks, after.input.cluster.frameworks);
  if (!frameworks || !isComparable(before, after)) return false;
  const changes = new Changes(before, after, difference);
  changes.masters();
  changes.agents();
  for (const [old, young] of frameworks) changes.framework(old, young);
  return true;
}

/** Same rules and same name server: else every record may be another. */
function isComparable(before: RecordGenerator, after: RecordGenerator): boolean {
  const own = ({ input: { rules, nameServer } }: RecordGenerator) =>
    JSON.stringify([rules, nameServer.name, nameServer.addresses.map(({ text }) => text)]);
  return own(before) === own(after);
}

type Pair = readonly [before: Framework | undefined, after: Framework | undefined];

/** Frameworks by id; nothing where an id stands for several. */
function pairs(before: readonly Framework[], after: readonly Framework[]): readonly Pair[] | undefined {
  const old = new Map(before.map((framework) => [framework.id, framework]));
  const young = new Map(after.map((framework) => [framework.id, framework]));
  if (old.size !== before.length || young.size !== after.length) return undefined;
  const gone = before.filter(({ id }) => !young.has(id)).map((framework): Pair => [framework, undefined]);
  return [...gone, ...after.map((framework): Pair => [old.get(framework.id), framework])];
}

class Changes {
  readonly #before: RecordGenerator;
  readonly #after: RecordGenerator;
  readonly #difference: Difference;
  /** Agents that have come, gone or moved: what their tasks' records are may have changed. */
  readonly #moved = new Set<string>();

  constructor(before: RecordGenerator, after: RecordGenerator, difference: Difference) {
    this.#before = before;
    this.#after = after;
    this.#difference = difference;
  }

  masters(): void {
    const key = (generator: RecordGenerator) => {
      const { cluster, masters } = generator.input;
      return JSON.stringify([cluster.leader, ...masters].map((at) => [at, generator.addressesOf(at.host)]));
    };
    if (key(this.#before) === key(this.#after)) return;
    this.#before.masters(this.#difference.removed);
    this.#after.masters(this.#difference.added);
  }

  agents(): void {
    const [old, young] = [this.#before.input.cluster.agents, this.#after.input.cluster.agents];
    for (const [id, agent] of old) {
      const now = young.get(id);
      if (now && this.#isSameAgent(agent, now)) continue;
      this.#moved.add(id);
      this.#before.agent(agent, this.#difference.removed);
      if (now) this.#after.agent(now, this.#difference.added);
    }
    for (const [id, agent] of young) {
      if (old.has(id)) continue;
      this.#moved.add(id);
      this.#after.agent(agent, this.#difference.added);
    }
  }

  framework(old: Framework | undefined, young: Framework | undefined): void {
    if (old === young && this.#moved.size === 0 && young && this.#hasSameHosts(young)) return;
    const isSame = old && young && this.#isSameFramework(old, young);
    if (!isSame) this.#replaceFramework(old, young);
    if (old?.name === young?.name) this.#tasks(old, young);
    else {
      for (const task of old?.tasks ?? []) this.#remove(old, task);
      for (const task of young?.tasks ?? []) this.#add(young, task);
    }
  }

  #replaceFramework(old: Framework | undefined, young: Framework | undefined): void {
    const { removed, added, problems } = this.#difference;
    if (old) {
      this.#before.framework(old, removed, new Map());
      problems.delete(old);
    }
    if (young) this.#after.framework(young, added, problems);
  }

  /** Tasks are many and changes few: what is equal from both ends on need not be looked at one by one. */
  #tasks(old: Framework | undefined, young: Framework | undefined): void {
    const [before, after] = [old?.tasks ?? [], young?.tasks ?? []];
    let start = 0;
    const shorter = Math.min(before.length, after.length);
    while (start < shorter && before[start] === after[start]) start++;
    let end = 0;
    while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
    const gone = new Set(before.slice(start, before.length - end));
    const come: Task[] = [];
    for (const task of after.slice(start, after.length - end)) if (!gone.delete(task)) come.push(task);
    for (const task of gone) this.#remove(old, task);
    for (const task of come) this.#add(young, task);
    if (this.#moved.size > 0) this.#moveTasks(old, young, new Set(come));
  }

  /** Tasks that are as they were, on agents that are not. */
  #moveTasks(old: Framework | undefined, young: Framework | undefined, come: ReadonlySet<Task>): void {
    for (const task of young?.tasks ?? []) {
      if (!this.#moved.has(task.agentId) || come.has(task)) continue;
      this.#remove(old, task);
      this.#add(young, task);
    }
  }

  #remove(framework: Framework | undefined, task: Task): void {
    if (!framework) return;
    this.#before.task(framework, task, this.#difference.removed, new Map());
    this.#difference.problems.delete(task);
  }

  #add(framework: Framework | undefined, task: Task): void {
    if (framework) this.#after.task(framework, task, this.#difference.added, this.#difference.problems);
  }

  #isSameAgent(old: Agent, young: Agent): boolean {
    const isSame = old === young || JSON.stringify(old) === JSON.stringify(young);
    return isSame && this.#hasSameAddresses(old.endpoint.host);
  }

  #isSameFramework(old: Framework, young: Framework): boolean {
    const own = ({ name, hostname, pid }: Framework) => JSON.stringify([name, hostname, pid]);
    if (old !== young && own(old) !== own(young)) return false;
    return this.#difference.problems.has(old) === false && this.#hasSameHosts(young);
  }

  #hasSameHosts({ pid, hostname }: Framework): boolean {
    return this.#hasSameAddresses(hostname) && (!pid || this.#hasSameAddresses(pid.host));
  }

  #hasSameAddresses(host: string): boolean {
    return this.#before.addressesOf(host) === this.#after.addressesOf(host);
  }
}
