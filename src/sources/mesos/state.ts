import { MesosDnsError } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import { textOf } from "../../base/lenient.js";
import type { Agent, Cluster, Framework, Skipped, Task } from "./cluster.js";
import { parsePid } from "./endpoint.js";
import type { FactsReader } from "./facts/reader.js";
import { Fields } from "./fields.js";
import { KnownTasks, type TaskMemory } from "./known-tasks.js";
import { type Malformed, malformed } from "./lenient.js";
import { agentOf, frameworkOf, skippedAs, type TaskLists } from "./state-items.js";
import { type Reading, type StreamedJson, StreamedReader } from "./streamed-json.js";
import { TaskReader } from "./tasks.js";

/** A master's state, and the address by which that master calls itself. */
export interface MasterState {
  readonly cluster: Cluster;
  readonly registry: Registry;
  /** The address in the answering master's own `pid`; absent if the pid is missing or malformed. */
  readonly pid?: HostPort;
}

/** What a state says about registrations with this master, and about what has ended. */
export interface Registry {
  /** The id of the master's instance, which changes at each start; "" if the state has none. */
  readonly id: string;
  /** Agents that have registered. The others in the cluster are only known from before a failover. */
  readonly registered: ReadonlySet<string>;
  /** Frameworks known only from agents: their schedulers have not registered again. */
  readonly recoveredFrameworks: ReadonlySet<string>;
  readonly completedFrameworks: readonly string[];
  readonly ended: readonly EndedTask[];
  /** Tasks that run, but have no TASK_RUNNING status yet, and so no addresses. They are not in the cluster. */
  readonly unreported: readonly TaskOutside[];
  /** Tasks that do not run yet. They are not in the cluster either. */
  readonly starting: readonly TaskOutside[];
}

/** A task that is not in the cluster. */
export interface TaskOutside {
  readonly frameworkId: string;
  readonly task: Task;
}

/** A task that the master lists as completed or as unreachable. */
export interface EndedTask {
  readonly id: string;
  readonly frameworkId: string;
  /** As in Mesos: `TASK_KILLED`, `TASK_UNREACHABLE`, … */
  readonly state: string;
}

/**
 * The cluster in the body of a master's `GET /state`. Lenient field by field: only the malformed part is left out. Tasks,
 * agents and frameworks that are left out are listed in `skipped`.
 *
 * Throws MesosDnsError STATE_INVALID if the body as a whole is not a state, MASTER_NOT_LEADING if it names no leader.
 */
export function readState(body: Uint8Array): Cluster {
  return readMasterState(body).cluster;
}

/**
 * As readState(), with the data that tells whether the answering master is the leader.
 * @param known the tasks of the previous state, whose objects are reused; holds those of this state afterwards
 * @param facts reads the catalogue's facts, if a catalogue is kept
 */
export function readMasterState(body: Uint8Array, known = new KnownTasks(), facts?: FactsReader): MasterState {
  const parser = new StateParser(known, facts);
  parser.add(body);
  return parser.end();
}

/** readMasterState() for a body that is read while it arrives. Throws the same errors, at the part that is wrong. */
export class StateParser {
  readonly #known: KnownTasks;
  readonly #reader: StreamedReader<MasterState>;

  /** @param known as for readMasterState(); only one parser at a time may use it */
  constructor(known: KnownTasks, facts?: FactsReader) {
    this.#known = known;
    known.begin();
    facts?.beginState();
    this.#reader = new StreamedReader((json) => new StateDecoder(json, known, facts).read());
  }

  /** Adds the next part of the body. Its memory must not change afterwards. */
  add(bytes: Uint8Array): void {
    this.#reader.add(bytes);
  }

  /** Call this after the last part. */
  end(): MasterState {
    const state = this.#reader.end();
    this.#known.end();
    return state;
  }
}

const ENDED_LISTS = ["completed_tasks", "unreachable_tasks"];
const TOP = new Fields(["leader", "pid", "id", "slaves", "recovered_slaves", "frameworks", "completed_frameworks"]);
const FRAMEWORK = new Fields(["id", "name", "pid", "hostname", "recovered", "tasks", ...ENDED_LISTS]);
const AGENT_FIELDS = ["id", "pid", "hostname", "port"];
const AGENT = new Fields(AGENT_FIELDS);
const AGENT_WITH_FACTS = new Fields([...AGENT_FIELDS, "attributes", "active"]);
const ENDED = new Fields(["id", "state"]);

/** The elements of one list in the state, and those left out. */
interface Listed<Item> {
  readonly items: readonly Item[];
  readonly skipped: readonly Skipped[];
}

class StateDecoder implements Lists {
  agents: Listed<Agent> | undefined;
  recovered: Listed<Agent> | undefined;
  frameworks: Listed<Framework> | undefined;
  readonly #json: StreamedJson;
  readonly #tasks: TaskReader;
  readonly #known: KnownTasks;
  readonly #facts: FactsReader | undefined;
  readonly #recoveredFrameworks = new Set<string>();
  readonly #completedFrameworks: string[] = [];
  readonly #ended: EndedTask[] = [];
  readonly #unreported: TaskOutside[] = [];
  readonly #starting: TaskOutside[] = [];

  constructor(json: StreamedJson, known: KnownTasks, facts: FactsReader | undefined) {
    this.#json = json;
    this.#tasks = new TaskReader(json.scanner, facts);
    this.#known = known;
    this.#facts = facts;
  }

  *read(): Reading<MasterState> {
    const fields = yield* TOP.walk(this.#json, {
      slaves: () => this.#readAgents("slaves", "agents"),
      recovered_slaves: () => this.#readAgents("recovered_slaves", "recovered"),
      frameworks: () => this.#readFrameworks(),
      completed_frameworks: () => this.#readCompleted(),
    });
    if (fields === undefined) throw new MesosDnsError("STATE_INVALID", "the state is not a JSON object");
    yield* this.#json.expectEnd();
    const cluster = assemble(leaderIn(fields.leader), this);
    const registry = {
      id: textOf(fields.id),
      registered: new Set(this.agents?.items.map((agent) => agent.id)),
      recoveredFrameworks: this.#recoveredFrameworks,
      completedFrameworks: this.#completedFrameworks,
      ended: this.#ended,
      unreported: this.#unreported,
      starting: this.#starting,
    };
    const own = parsePid(fields.pid);
    return own === undefined ? { cluster, registry } : { cluster, registry, pid: own };
  }

  *#readAgents(name: string, into: "agents" | "recovered"): Reading {
    const json = this.#json;
    const facts = this.#facts;
    const members = facts ? AGENT_WITH_FACTS : AGENT;
    this[into] = yield* this.#list("agent", name, function* () {
      return agentOf(yield* json.read((scanner) => members.read(scanner)), facts);
    });
  }

  *#readFrameworks(): Reading {
    const skippedTasks: Skipped[][] = [];
    const listed = yield* this.#list("framework", "frameworks", (position) =>
      this.#readFramework(position, skippedTasks),
    );
    this.frameworks = listed && { items: listed.items, skipped: [...listed.skipped, ...skippedTasks.flat()] };
  }

  *#readFramework(position: string, skippedTasks: Skipped[][]): Reading<Framework | Malformed> {
    const lists: TaskLists = { running: [], killing: [], unreported: [], starting: [], skipped: [] };
    const ended: Omit<EndedTask, "frameworkId">[] = [];
    const fields = yield* FRAMEWORK.walk(this.#json, {
      tasks: ({ id }) => this.#readTasks(`${position}.tasks`, lists, this.#known.of(textOf(id))),
      completed_tasks: () => this.#readEnded(ended),
      unreachable_tasks: () => this.#readEnded(ended),
    });
    const framework = frameworkOf(fields, lists);
    if ("malformed" in framework) return framework;
    skippedTasks.push(lists.skipped);
    for (const task of lists.unreported) this.#unreported.push({ frameworkId: framework.id, task });
    for (const task of lists.starting) this.#starting.push({ frameworkId: framework.id, task });
    for (const task of ended) this.#ended.push({ ...task, frameworkId: framework.id });
    if (fields?.recovered === true) this.#recoveredFrameworks.add(framework.id);
    return framework;
  }

  *#readTasks(list: string, lists: TaskLists, memory: TaskMemory): Reading {
    const json = this.#json;
    const reader = this.#tasks;
    // If a list is present twice, the last one counts.
    const { killing, unreported, starting, skipped } = lists;
    for (const each of [killing, unreported, starting, skipped]) each.length = 0;
    const isList = yield* this.#each(function* (index) {
      const task = yield* json.read(() => reader.read(memory));
      if (task === undefined) return;
      if ("malformed" in task) skipped.push(skippedAs("task", `${list}[${index}]`, task));
      else if (reader.killing) killing.push(task);
      else if (reader.starting) starting.push(task);
      else if (reader.unreported) unreported.push(task);
    });
    memory.settle();
    lists.running = memory.tasks;
    if (!isList) skipped.push(skippedAs("task", list, malformed("it is not a list")));
  }

  *#readEnded(ended: Omit<EndedTask, "frameworkId">[]): Reading {
    const json = this.#json;
    yield* this.#each(function* () {
      const fields = yield* json.read((scanner) => ENDED.read(scanner));
      const id = textOf(fields?.id);
      if (id !== "") ended.push({ id, state: textOf(fields?.state) });
    });
  }

  *#readCompleted(): Reading {
    const completed = this.#completedFrameworks;
    const json = this.#json;
    yield* this.#each(function* () {
      // ENDED.walk skips the completed framework's tasks, which can be many.
      const id = textOf((yield* ENDED.walk(json, {}))?.id);
      if (id !== "") completed.push(id);
    });
  }

  /**
   * Reads the list at the current position; `read` consumes and returns one element. `undefined` if the value is
   * not a list.
   */
  *#list<Item extends Agent | Framework>(
    kind: Skipped["kind"],
    name: string,
    read: (position: string) => Reading<Item | Malformed>,
  ): Reading<Listed<Item> | undefined> {
    const items: Item[] = [];
    const skipped: Skipped[] = [];
    const isList = yield* this.#each(function* (index) {
      const position = `${name}[${index}]`;
      const item = yield* read(position);
      if ("malformed" in item) skipped.push(skippedAs(kind, position, item));
      else items.push(item);
    });
    return isList ? { items, skipped } : undefined;
  }

  /** Walks the list at the current position. Skips any other value, and returns false. */
  *#each(visit: (index: number) => Reading): Reading<boolean> {
    const isList = (yield* this.#json.kind()) === "array";
    if (isList) yield* this.#json.elements(visit);
    else yield* this.#json.skip();
    return isList;
  }
}

interface Lists {
  readonly agents: Listed<Agent> | undefined;
  readonly recovered: Listed<Agent> | undefined;
  readonly frameworks: Listed<Framework> | undefined;
}

/**
 * The state of every Mesos version has `slaves` and `frameworks`, empty or not. A body without them must not pass for a
 * cluster without tasks.
 */
function assemble(leader: HostPort, { agents, recovered, frameworks }: Lists): Cluster {
  if (agents === undefined) throw new MesosDnsError("STATE_INVALID", "the state has no list of slaves");
  if (frameworks === undefined) throw new MesosDnsError("STATE_INVALID", "the state has no list of frameworks");
  // An agent that has registered again replaces its recovered entry.
  const known = [...(recovered?.items ?? []), ...agents.items].map((agent) => [agent.id, agent] as const);
  const skipped = [...agents.skipped, ...(recovered?.skipped ?? []), ...frameworks.skipped];
  return { leader, agents: new Map(known), frameworks: frameworks.items, skipped };
}

function leaderIn(leader: unknown): HostPort {
  if (leader === undefined || leader === null || leader === "") {
    throw new MesosDnsError("MASTER_NOT_LEADING", "the state names no leader: none is elected yet");
  }
  const endpoint = parsePid(leader);
  if (endpoint !== undefined) return endpoint;
  throw new MesosDnsError("STATE_INVALID", `the state's leader is ${JSON.stringify(leader)}, not master@host:port`);
}
