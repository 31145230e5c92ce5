import { MesosDnsError, messageOf } from "../../../base/errors.js";
import type { Agent } from "../cluster.js";
import type { FactsReader } from "../facts/reader.js";
import { Fields } from "../fields.js";
import { isObject, type JsonObject, textOf } from "../lenient.js";
import { type Reported, RUNNING, reportedIn, reportedWithFacts, runningSince } from "../statuses.js";
import { type Reading, type StreamedJson, StreamedReader } from "../streamed-json.js";
import { agentIn, frameworkIn, idOf, type LiveFramework, type LiveTask, taskIn } from "./entities.js";

/** What a master says on the operator stream, as far as it concerns names. */
export type MasterEvent =
  | { readonly type: "SUBSCRIBED"; readonly all: Everything; readonly heartbeatSeconds: number }
  | { readonly type: "HEARTBEAT" }
  | { readonly type: "TASK_ADDED"; readonly task: LiveTask }
  | { readonly type: "TASK_UPDATED"; readonly update: TaskUpdate }
  | { readonly type: "AGENT_ADDED"; readonly agent: Agent }
  | { readonly type: "AGENT_REMOVED"; readonly agentId: string }
  | { readonly type: "FRAMEWORK_ADDED"; readonly framework: LiveFramework }
  | { readonly type: "FRAMEWORK_UPDATED"; readonly framework: LiveFramework }
  | { readonly type: "FRAMEWORK_REMOVED"; readonly frameworkId: string }
  /** Of a type that this program does not know, or lacking what it cannot be used without. */
  | { readonly type: "OTHER" };

export interface TaskUpdate {
  readonly id: string;
  readonly frameworkId: string;
  readonly state: string;
  /** As in Mesos, such as `REASON_AGENT_REMOVED`; "" where there is none. */
  readonly reason: string;
  /** Where the update's own status is one of a running task: what it says, and since when. */
  readonly running?: { readonly reported: Reported; readonly since: number };
}

/** The whole cluster, as a stream begins with it. */
export interface Everything {
  readonly agents: readonly Agent[];
  readonly recoveredAgents: readonly Agent[];
  readonly frameworks: readonly LiveFramework[];
  /** Tasks that have not ended. */
  readonly tasks: readonly LiveTask[];
  readonly endedTasks: readonly LiveTask[];
  readonly completedFrameworks: readonly string[];
}

const DEFAULT_HEARTBEAT_SECONDS = 15;
/** What a master may announce: more would be no watch at all, less would end streams that are well. */
const HEARTBEAT_SECONDS = { least: 1, most: 3600 };
const OTHER: MasterEvent = { type: "OTHER" };

const BODIES = [
  "task_added",
  "task_updated",
  "agent_added",
  "agent_removed",
  "framework_added",
  "framework_updated",
  "framework_removed",
];
const EVENT = new Fields(["type", "subscribed", ...BODIES]);

/**
 * Reads one record of the stream while it comes in. Lenient as the reading of a state is: what is malformed inside an event
 * costs itself. Throws MesosDnsError STREAM_INVALID for what is not a JSON object with a type.
 */
export class EventParser {
  readonly #reader: StreamedReader<MasterEvent>;

  /** @param facts reads what a catalogue wants to know, where there is one */
  constructor(facts?: FactsReader) {
    this.#reader = new StreamedReader((json) => readEvent(json, facts));
  }

  /** The next part of the record, which must stay as it is. */
  add(octets: Uint8Array): void {
    explaining(() => this.#reader.add(octets));
  }

  /** There is no more of it. */
  end(): MasterEvent {
    return explaining(() => this.#reader.end());
  }
}

function explaining<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const message = `a record of the stream cannot be read: ${messageOf(error)}`;
    throw new MesosDnsError("STREAM_INVALID", message, { cause: error });
  }
}

function* readEvent(json: StreamedJson, facts: FactsReader | undefined): Reading<MasterEvent> {
  let subscribed: Subscribed | undefined;
  const fields = yield* EVENT.walk(json, {
    *subscribed() {
      subscribed = yield* readSubscribed(json, facts);
    },
  });
  if (fields === undefined) throw new Error("it is not an object");
  yield* json.behind();
  const { type } = fields;
  if (typeof type !== "string") throw new Error("it has no type");
  if (type !== "SUBSCRIBED") return changeIn(type, fields, facts);
  const { heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS, all = NOTHING } = subscribed ?? {};
  return { type, all, heartbeatSeconds };
}

function changeIn(type: string, event: JsonObject, facts: FactsReader | undefined): MasterEvent {
  const body = event[type.toLowerCase()];
  const fields = isObject(body) ? body : {};
  switch (type) {
    case "HEARTBEAT":
      return { type };
    case "TASK_ADDED": {
      const task = taskIn(fields.task, facts);
      return task ? { type, task } : OTHER;
    }
    case "TASK_UPDATED": {
      const update = updateIn(fields, facts);
      return update ? { type, update } : OTHER;
    }
    case "AGENT_ADDED": {
      const agent = agentIn(fields.agent, facts);
      return agent ? { type, agent } : OTHER;
    }
    case "AGENT_REMOVED": {
      const agentId = idOf(fields.agent_id);
      return agentId === "" ? OTHER : { type, agentId };
    }
    case "FRAMEWORK_ADDED":
    case "FRAMEWORK_UPDATED": {
      const framework = frameworkIn(fields.framework);
      return framework ? { type, framework } : OTHER;
    }
    case "FRAMEWORK_REMOVED": {
      const frameworkId = isObject(fields.framework_info) ? idOf(fields.framework_info.id) : "";
      return frameworkId === "" ? OTHER : { type, frameworkId };
    }
    default:
      return OTHER;
  }
}

/** The state of the whole update counts: its status may be an older one, repeated until it is acknowledged. */
function updateIn(fields: JsonObject, facts: FactsReader | undefined): TaskUpdate | undefined {
  const status = isObject(fields.status) ? fields.status : {};
  const id = idOf(status.task_id);
  const frameworkId = idOf(fields.framework_id);
  const state = textOf(fields.state) || textOf(status.state);
  if (id === "" || frameworkId === "" || state === "") return undefined;
  const update = { id, frameworkId, state, reason: textOf(status.reason) };
  if (status.state !== RUNNING) return update;
  const reported = facts ? reportedWithFacts([status], facts) : reportedIn([status]);
  return { ...update, running: { reported, since: runningSince([status]) } };
}

type Subscribed = Pick<Extract<MasterEvent, { type: "SUBSCRIBED" }>, "all" | "heartbeatSeconds">;

const SUBSCRIBED = new Fields(["get_state", "heartbeat_interval_seconds"]);
const STATE = new Fields(["get_tasks", "get_frameworks", "get_agents"]);
const TASKS = new Fields(["tasks", "completed_tasks", "unreachable_tasks", "orphan_tasks"]);
const FRAMEWORKS = new Fields(["frameworks", "completed_frameworks"]);
const AGENTS = new Fields(["agents", "recovered_agents"]);
const NOTHING: Everything = {
  agents: [],
  recoveredAgents: [],
  frameworks: [],
  tasks: [],
  endedTasks: [],
  completedFrameworks: [],
};

/** Walks the value that stands here element by element: a tree of 100,000 tasks would take half a gigabyte. */
function* readSubscribed(json: StreamedJson, facts: FactsReader | undefined): Reading<Subscribed> {
  facts?.beginState();
  const readTask = (value: unknown) => taskIn(value, facts);
  // Of one that has ended, only that is of interest.
  const readEnded = (value: unknown) => taskIn(value);
  const readAgent = (value: unknown) => agentIn(value, facts);
  const agents: Agent[] = [];
  const recoveredAgents: Agent[] = [];
  const frameworks: LiveFramework[] = [];
  const tasks: LiveTask[] = [];
  const endedTasks: LiveTask[] = [];
  const completedFrameworks: string[] = [];
  const list =
    <Item>(into: Item[], read: (value: unknown) => Item | undefined) =>
    () =>
      collect(json, into, read);
  const inTasks = {
    tasks: list(tasks, readTask),
    orphan_tasks: list(tasks, readTask),
    completed_tasks: list(endedTasks, readEnded),
    unreachable_tasks: list(endedTasks, readEnded),
  };
  const inFrameworks = {
    frameworks: list(frameworks, frameworkIn),
    completed_frameworks: list(completedFrameworks, (value) => frameworkIn(value)?.info.id),
  };
  const inAgents = { agents: list(agents, readAgent), recovered_agents: list(recoveredAgents, readAgent) };
  const inState = {
    get_tasks: () => TASKS.walk(json, inTasks),
    get_frameworks: () => FRAMEWORKS.walk(json, inFrameworks),
    get_agents: () => AGENTS.walk(json, inAgents),
  };
  const fields = yield* SUBSCRIBED.walk(json, { get_state: () => STATE.walk(json, inState) });
  return {
    all: { agents, recoveredAgents, frameworks, tasks, endedTasks, completedFrameworks },
    heartbeatSeconds: heartbeatIn(fields?.heartbeat_interval_seconds),
  };
}

/** Reads the elements of the list that stands here, and leaves out those that `read` gives nothing for. */
function* collect<Item>(json: StreamedJson, into: Item[], read: (value: unknown) => Item | undefined): Reading {
  if ((yield* json.kind()) !== "array") return yield* json.skip();
  yield* json.elements(function* () {
    const item = read(yield* json.value());
    if (item !== undefined) into.push(item);
  });
}

function heartbeatIn(value: unknown): number {
  const { least, most } = HEARTBEAT_SECONDS;
  return typeof value === "number" && value > 0 ? Math.min(Math.max(value, least), most) : DEFAULT_HEARTBEAT_SECONDS;
}
