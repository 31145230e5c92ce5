import type { Agent, Framework, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "./facts.js";
import type { Emitter, Problems } from "./view.js";

/** A cluster, and an emitter for its pieces. */
export interface Side {
  readonly facts: ClusterFacts;
  readonly emitter: Required<Emitter>;
}

/** Tasks that are emitted before the size of all records is estimated. */
const SAMPLE = 4_096;

/**
 * Emits all pieces of a cluster, and records the problems of those that are left out.
 * @param onSample is called once in a large cluster, with the share of its tasks that has been emitted by then
 */
export function emitAll(
  { facts, emitter }: Side,
  problems: Problems,
  onSample: (share: number) => void = () => {},
): void {
  const { cluster } = facts;
  const tasks = cluster.frameworks.reduce((sum, framework) => sum + framework.tasks.length, 0);
  let emitted = 0;
  emitter.nameServers();
  emitter.masters();
  for (const agent of cluster.agents.values()) emitter.agent(agent);
  for (const framework of cluster.frameworks) {
    emitFramework(emitter, framework, problems);
    for (const task of framework.tasks) {
      emitTask(emitter, framework, task, problems);
      if (++emitted === SAMPLE) onSample(emitted / tasks);
    }
  }
}

/**
 * Emits the difference between two clusters: the pieces to remove from the records of one cluster, and the pieces to add, to get
 * the records of the other. A piece that is the same object in both clusters counts as unchanged.
 *
 * @param before its emitter receives the pieces to remove
 * @param after its emitter receives the pieces to add
 * @param problems those of the cluster before; updated to those of the cluster after
 * @returns false, and emits nothing, if the two cannot be compared piece by piece
 */
export function emitChanges(before: Side, after: Side, problems: Problems): boolean {
  const frameworks = pairs(before.facts.cluster.frameworks, after.facts.cluster.frameworks);
  if (!frameworks || nameServersOf(before) !== nameServersOf(after)) return false;
  const changes = new Changes(before, after, problems);
  changes.masters();
  changes.agents();
  for (const [old, young] of frameworks) changes.framework(old, young);
  return true;
}

function emitFramework(emitter: Required<Emitter>, framework: Framework, problems: Problems): void {
  const problem = emitter.framework(framework);
  if (problem) problems.set(framework, { kind: "framework", id: framework.id, ...problem });
}

function emitTask(emitter: Required<Emitter>, framework: Framework, task: Task, problems: Problems): void {
  const problem = emitter.task(framework, task);
  if (problem) problems.set(task, { kind: "task", id: task.id, ...problem });
}

/** Identifies the name servers. If they have changed, any record may have changed. */
function nameServersOf({ facts }: Side): string {
  return JSON.stringify(
    facts.input.nameServers.map(({ name, addresses }) => [name, addresses.map(({ text }) => text)]),
  );
}

type Pair = readonly [before: Framework | undefined, after: Framework | undefined];

/** Pairs frameworks by id; `undefined` if several frameworks have the same id. */
function pairs(before: readonly Framework[], after: readonly Framework[]): readonly Pair[] | undefined {
  const old = new Map(before.map((framework) => [framework.id, framework]));
  const young = new Map(after.map((framework) => [framework.id, framework]));
  if (old.size !== before.length || young.size !== after.length) return undefined;
  const gone = before.filter(({ id }) => !young.has(id)).map((framework): Pair => [framework, undefined]);
  return [...gone, ...after.map((framework): Pair => [old.get(framework.id), framework])];
}

class Changes {
  readonly #before: Side;
  readonly #after: Side;
  readonly #problems: Problems;
  /** Agents that were added or removed, or whose addresses have changed: their tasks' records may have changed. */
  readonly #moved = new Set<string>();

  constructor(before: Side, after: Side, problems: Problems) {
    this.#before = before;
    this.#after = after;
    this.#problems = problems;
  }

  masters(): void {
    const key = ({ facts }: Side) =>
      JSON.stringify([facts.cluster.leader, ...facts.input.masters].map((at) => [at, facts.addressesOf(at.host)]));
    if (key(this.#before) === key(this.#after)) return;
    this.#before.emitter.masters();
    this.#after.emitter.masters();
  }

  agents(): void {
    const [old, young] = [this.#before.facts.cluster.agents, this.#after.facts.cluster.agents];
    if (old === young && this.#after.facts.hasHostsOf(this.#before.facts)) return;
    for (const [id, agent] of old) {
      const now = young.get(id);
      if (now && this.#isSameAgent(agent, now)) continue;
      this.#moved.add(id);
      this.#before.emitter.agent(agent);
      if (now) this.#after.emitter.agent(now);
    }
    for (const [id, agent] of young) {
      if (old.has(id)) continue;
      this.#moved.add(id);
      this.#after.emitter.agent(agent);
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
    if (old) {
      this.#before.emitter.framework(old);
      this.#problems.delete(old);
    }
    if (young) emitFramework(this.#after.emitter, young, this.#problems);
  }

  /** Skips the equal tasks at both ends of the lists: a framework can have many tasks, of which few change. */
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

  /** Emits unchanged tasks whose agents have changed. */
  #moveTasks(old: Framework | undefined, young: Framework | undefined, come: ReadonlySet<Task>): void {
    for (const task of young?.tasks ?? []) {
      if (!this.#moved.has(task.agentId) || come.has(task)) continue;
      this.#remove(old, task);
      this.#add(young, task);
    }
  }

  #remove(framework: Framework | undefined, task: Task): void {
    if (!framework) return;
    this.#before.emitter.task(framework, task);
    this.#problems.delete(task);
  }

  #add(framework: Framework | undefined, task: Task): void {
    if (framework) emitTask(this.#after.emitter, framework, task, this.#problems);
  }

  #isSameAgent(old: Agent, young: Agent): boolean {
    const isSame = old === young || JSON.stringify(old) === JSON.stringify(young);
    return isSame && this.#hasSameAddresses(old.endpoint.host);
  }

  #isSameFramework(old: Framework, young: Framework): boolean {
    const own = ({ name, hostname, pid }: Framework) => JSON.stringify([name, hostname, pid]);
    if (old !== young && own(old) !== own(young)) return false;
    return this.#problems.has(old) === false && this.#hasSameHosts(young);
  }

  #hasSameHosts({ pid, hostname }: Framework): boolean {
    return this.#hasSameAddresses(hostname) && (!pid || this.#hasSameAddresses(pid.host));
  }

  #hasSameAddresses(host: string): boolean {
    return this.#before.facts.addressesOf(host) === this.#after.facts.addressesOf(host);
  }
}
