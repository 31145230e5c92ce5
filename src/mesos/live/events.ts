import { MesosDnsError, messageOf } from "../../errors.js";
import type { Agent } from "../cluster.js";
import { isObject, type JsonObject, textOf } from "../lenient.js";
import { MemberNames, StateScanner } from "../state-scanner.js";
import { type Reported, RUNNING, reportedIn, runningSince } from "../statuses.js";
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

/**
 * Reads one record of the stream. Lenient as the reading of a state is: what is malformed inside an event costs itself.
 * Throws MesosDnsError STREAM_INVALID for what is not a JSON object with a type.
 */
export function readEvent(record: Uint8Array): MasterEvent {
  try {
    const scanner = new StateScanner(record);
    if (scanner.kind() !== "object") throw new Error("it is not an object");
    let type: unknown;
    let subscribed: Subscribed | undefined;
    scanner.members(TOP, (name) => {
      if (name === 0) type = scanner.value();
      else subscribed = readSubscribed(scanner);
    });
    scanner.end();
    if (typeof type !== "string") throw new Error("it has no type");
    if (type !== "SUBSCRIBED") return changeIn(type, JSON.parse(Buffer.from(record).toString("utf8")));
    const { heartbeat, ...all } = subscribed ?? readSubscribed(new StateScanner(Buffer.from("{}")));
    return { type, all, heartbeatSeconds: heartbeat };
  } catch (error) {
    const message = `a record of the stream cannot be read: ${messageOf(error)}`;
    throw new MesosDnsError("STREAM_INVALID", message, { cause: error });
  }
}

function changeIn(type: string, event: JsonObject): MasterEvent {
  const body = event[type.toLowerCase()];
  const fields = isObject(body) ? body : {};
  switch (type) {
    case "HEARTBEAT":
      return { type };
    case "TASK_ADDED": {
      const task = taskIn(fields.task);
      return task ? { type, task } : OTHER;
    }
    case "TASK_UPDATED": {
      const update = updateIn(fields);
      return update ? { type, update } : OTHER;
    }
    case "AGENT_ADDED": {
      const agent = agentIn(fields.agent);
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
function updateIn(fields: JsonObject): TaskUpdate | undefined {
  const status = isObject(fields.status) ? fields.status : {};
  const id = idOf(status.task_id);
  const frameworkId = idOf(fields.framework_id);
  const state = textOf(fields.state) || textOf(status.state);
  if (id === "" || frameworkId === "" || state === "") return undefined;
  const update = { id, frameworkId, state, reason: textOf(status.reason) };
  if (status.state !== RUNNING) return update;
  return { ...update, running: { reported: reportedIn([status]), since: runningSince([status]) } };
}

type Subscribed = Everything & { readonly heartbeat: number };

const TOP = new MemberNames(["type", "subscribed"]);
const SUBSCRIBED = new MemberNames(["get_state", "heartbeat_interval_seconds"]);
const STATE = new MemberNames(["get_tasks", "get_frameworks", "get_agents"]);
const TASKS = new MemberNames(["tasks", "completed_tasks", "unreachable_tasks", "orphan_tasks"]);
const FRAMEWORKS = new MemberNames(["frameworks", "completed_frameworks"]);
const AGENTS = new MemberNames(["agents", "recovered_agents"]);

/** Walks the value that stands here element by element: a tree of 100,000 tasks would take half a gigabyte. */
function readSubscribed(scanner: StateScanner): Subscribed {
  const agents: Agent[] = [];
  const recoveredAgents: Agent[] = [];
  const frameworks: LiveFramework[] = [];
  const tasks: LiveTask[] = [];
  const endedTasks: LiveTask[] = [];
  const completedFrameworks: string[] = [];
  let heartbeat = DEFAULT_HEARTBEAT_SECONDS;
  const collect = <Item>(into: Item[], read: (value: unknown) => Item | undefined) =>
    eachElement(scanner, (value) => {
      const item = read(value);
      if (item !== undefined) into.push(item);
    });
  const inTasks = (list: number) => collect(list === 0 || list === 3 ? tasks : endedTasks, taskIn);
  const inFrameworks = (list: number) => {
    if (list === 1) collect(completedFrameworks, (value) => frameworkIn(value)?.info.id);
    else collect(frameworks, frameworkIn);
  };
  const inAgents = (list: number) => collect(list === 0 ? agents : recoveredAgents, agentIn);
  eachMember(scanner, SUBSCRIBED, (name) => {
    if (name === 1) heartbeat = heartbeatIn(scanner.value());
    else {
      eachMember(scanner, STATE, (part) => {
        if (part === 0) eachMember(scanner, TASKS, inTasks);
        else if (part === 1) eachMember(scanner, FRAMEWORKS, inFrameworks);
        else eachMember(scanner, AGENTS, inAgents);
      });
    }
  });
  return { agents, recoveredAgents, frameworks, tasks, endedTasks, completedFrameworks, heartbeat };
}

function heartbeatIn(value: unknown): number {
  const { least, most } = HEARTBEAT_SECONDS;
  return typeof value === "number" && value > 0 ? Math.min(Math.max(value, least), most) : DEFAULT_HEARTBEAT_SECONDS;
}

/** Walks the object that stands here; steps over anything else. */
function eachMember(scanner: StateScanner, names: MemberNames, visit: (name: number) => void): void {
  if (scanner.kind() === "object") scanner.members(names, visit);
  else scanner.skip();
}

function eachElement(scanner: StateScanner, visit: (value: unknown) => void): void {
  if (scanner.kind() === "array") scanner.elements(() => visit(scanner.value()));
  else scanner.skip();
}
