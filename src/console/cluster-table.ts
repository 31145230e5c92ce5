import {
  type AgentRow,
  type ClusterPiece,
  type FrameworkRow,
  type ServiceRow,
  type TaskRow,
  taskKey,
} from "./model.js";
import { lineOf } from "./needle.js";
import type { Listed, Page, TaskFilter } from "./questions.js";
import { SortedBlocks } from "./sorted-blocks.js";

/** A task or an agent before and after a change: `undefined` while it is not there. */
export interface Step<Row> {
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** What a piece has changed. */
export interface Steps {
  readonly tasks: readonly Step<TaskRow>[];
  readonly agents: readonly Step<AgentRow>[];
}

/** The tasks, services and agents of the cluster, to be looked up and searched. */
export class ClusterTable {
  readonly #tasks = new Map<string, TaskRow>();
  readonly #agents = new Map<string, AgentRow>();
  readonly #services = new Map<string, ServiceRow>();
  readonly #taskList = new SortedBlocks<TaskRow>({ compare: compareTasks, line: taskLine });
  readonly #serviceList = new SortedBlocks<ServiceRow>({
    compare: compareServices,
    line: ({ name, framework }) => lineOf([name, framework]),
  });
  readonly #agentList = new SortedBlocks<AgentRow>({
    compare: (a, b) => compareTexts(a.hostname, b.hostname) || compareTexts(a.id, b.id),
    line: ({ hostname, id, addresses, attributes }) =>
      lineOf([hostname, id, ...addresses, ...attributes.map(({ key, value }) => `${key}:${value}`)]),
  });
  #texts = new SharedTexts();
  #frameworks: readonly FrameworkRow[] = [];
  #hasFacts = false;
  #isLoaded = false;

  /** Whether a whole cluster has come. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get hasFacts(): boolean {
    return this.#hasFacts;
  }

  get frameworks(): readonly FrameworkRow[] {
    return this.#frameworks;
  }

  get counts() {
    const [tasks, services, agents] = [this.#taskList.size, this.#serviceList.size, this.#agentList.size];
    return { tasks, services, agents, frameworks: this.#frameworks.length };
  }

  task(frameworkId: string, id: string): TaskRow | undefined {
    return this.#tasks.get(taskKey({ frameworkId, id }));
  }

  agent(id: string): AgentRow | undefined {
    return this.#agents.get(id);
  }

  service(framework: string, name: string): ServiceRow | undefined {
    return this.#services.get(serviceKey(framework, name));
  }

  /** All tasks, in their order. */
  get tasks(): Iterable<TaskRow> {
    return this.#taskList;
  }

  /** How many tasks are on an agent. */
  tasksOn(agentId: string): number {
    let count = 0;
    for (const task of this.#taskList) if (task.agentId === agentId) count++;
    return count;
  }

  findTasks(page: Page, filter: TaskFilter = {}): Listed<TaskRow> {
    const wanted = Object.entries(filter) as [keyof TaskFilter, string][];
    if (wanted.length === 0) return this.#taskList.find(page);
    return this.#taskList.find(page, (task) => wanted.every(([field, value]) => task[field] === value));
  }

  findServices(page: Page): Listed<ServiceRow> {
    return this.#serviceList.find(page);
  }

  findAgents(page: Page): Listed<AgentRow> {
    return this.#agentList.find(page);
  }

  /** Frameworks are few. */
  findFrameworks({ text, offset, limit }: Page): Listed<FrameworkRow> {
    const list = new SortedBlocks<FrameworkRow>({
      compare: (a, b) => compareTexts(a.name, b.name) || compareTexts(a.id, b.id),
      line: ({ name, id, hostname }) => lineOf([name, id, hostname]),
    });
    for (const framework of this.#frameworks) list.put(framework);
    return list.find({ text, offset, limit });
  }

  /** Takes the next piece. Returns what it has changed; nothing for a part of a whole cluster, all of which is new. */
  take(piece: ClusterPiece): Steps {
    if (piece.isFirst) this.#clear();
    this.#hasFacts = piece.hasFacts;
    if (piece.frameworks) this.#frameworks = piece.frameworks;
    const agents = this.#takeAgents(piece);
    const tasks = this.#takeTasks(piece);
    const wasLoaded = this.#isLoaded;
    if (piece.isLast) this.#isLoaded = true;
    // Now, so that the first search does not wait for it.
    if (this.#isLoaded && !wasLoaded) for (const list of [this.#taskList, this.#serviceList]) list.prepare();
    return wasLoaded ? { tasks, agents } : { tasks: [], agents: [] };
  }

  #takeTasks({ gone, tasks }: ClusterPiece): Step<TaskRow>[] {
    const steps = new Map<string, { before: TaskRow | undefined; after: TaskRow | undefined }>();
    for (const each of gone) {
      const key = taskKey(each);
      const before = this.#tasks.get(key);
      if (!before) continue;
      steps.set(key, { before, after: undefined });
      this.#tasks.delete(key);
      this.#taskList.delete(before);
      this.#count(before, -1);
    }
    for (const told of tasks) {
      const task = this.#texts.ofTask(told);
      const key = taskKey(task);
      const before = this.#tasks.get(key);
      if (before) {
        this.#taskList.delete(before);
        this.#count(before, -1);
      }
      steps.set(key, { before: steps.get(key)?.before ?? before, after: task });
      this.#tasks.set(key, task);
      this.#taskList.put(task);
      this.#count(task, 1);
    }
    return [...steps.values()];
  }

  #takeAgents({ goneAgents, agents }: ClusterPiece): Step<AgentRow>[] {
    const steps: Step<AgentRow>[] = [];
    const replace = (id: string, after: AgentRow | undefined) => {
      const before = this.#agents.get(id);
      if (before) this.#agentList.delete(before);
      this.#agents.delete(id);
      if (after) {
        this.#agents.set(id, after);
        this.#agentList.put(after);
      }
      if (before || after) steps.push({ before, after });
    };
    for (const id of goneAgents) replace(id, undefined);
    for (const agent of agents) replace(agent.id, agent);
    return steps;
  }

  #count({ framework, service: name, health }: TaskRow, change: 1 | -1): void {
    const key = serviceKey(framework, name);
    const before = this.#services.get(key) ?? { framework, name, tasks: 0, healthy: 0, unhealthy: 0 };
    const after = {
      ...before,
      tasks: before.tasks + change,
      healthy: before.healthy + (health === "healthy" ? change : 0),
      unhealthy: before.unhealthy + (health === "unhealthy" ? change : 0),
    };
    if (after.tasks === 0) {
      this.#services.delete(key);
      this.#serviceList.delete(before);
      return;
    }
    this.#services.set(key, after);
    this.#serviceList.put(after);
  }

  #clear(): void {
    this.#tasks.clear();
    this.#agents.clear();
    this.#services.clear();
    for (const list of [this.#taskList, this.#serviceList, this.#agentList]) list.clear();
    this.#texts = new SharedTexts();
    this.#frameworks = [];
    this.#isLoaded = false;
  }
}

/** More texts than a cluster's tasks have in common. */
const MAX_SHARED = 100_000;

/** Texts that many tasks have in common, each once: a message between threads has its own copy of each. */
class SharedTexts {
  readonly #texts = new Map<string, string>();

  ofTask(task: TaskRow): TaskRow {
    const { name, service, framework, frameworkId, agentId, agent } = task;
    const own = this.#one(service);
    return {
      ...task,
      name: name === service ? own : name,
      service: own,
      framework: this.#one(framework),
      frameworkId: this.#one(frameworkId),
      agentId: this.#one(agentId),
      agent: this.#one(agent),
    };
  }

  #one(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    // Those of tasks that are gone are not taken out one by one.
    if (this.#texts.size >= MAX_SHARED) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

function serviceKey(framework: string, name: string): string {
  return `${framework.length}:${framework}${name}`;
}

function taskLine({ name, service, id, framework, agent, agentId, addresses }: TaskRow): string {
  return lineOf([name, service, id, framework, agent, agentId, ...addresses]);
}

function compareTasks(a: TaskRow, b: TaskRow): number {
  return (
    compareTexts(a.service, b.service) ||
    compareTexts(a.framework, b.framework) ||
    compareTexts(a.id, b.id) ||
    compareTexts(a.frameworkId, b.frameworkId)
  );
}

function compareServices(a: ServiceRow, b: ServiceRow): number {
  return compareTexts(a.name, b.name) || compareTexts(a.framework, b.framework);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
