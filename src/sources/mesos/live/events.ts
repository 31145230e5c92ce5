import { MesosDnsError, messageOf } from "../../../base/errors.js";
import { isObject, type JsonObject, textOf } from "../../../base/lenient.js";
import type { Agent } from "../cluster.js";
import type { FactsReader } from "../facts/reader.js";
import { Fields } from "../fields.js";
import { type Reported, RUNNING, reportedIn, reportedWithFacts, runningSince } from "../statuses.js";
import { type Reading, type StreamedJson, StreamedReader } from "../streamed-json.js";
import { agentIn, frameworkIn, idOf, type LiveFramework, type LiveTask, taskIn } from "./entities.js";

/** An event of the operator stream, reduced to what names depend on. */
export type MasterEvent =
  | { readonly type: "SUBSCRIBED"; readonly heartbeatSeconds: number }
  | { readonly type: "HEARTBEAT" }
  | { readonly type: "TASK_ADDED"; readonly task: LiveTask }
  | { readonly type: "TASK_UPDATED"; readonly update: TaskUpdate }
  | { readonly type: "AGENT_ADDED"; readonly agent: Agent }
  | { readonly type: "AGENT_REMOVED"; readonly agentId: string }
  | { readonly type: "FRAMEWORK_ADDED"; readonly framework: LiveFramework }
  | { readonly type: "FRAMEWORK_UPDATED"; readonly framework: LiveFramework }
  | { readonly type: "FRAMEWORK_REMOVED"; readonly frameworkId: string }
  /** An event of an unknown type, or without a required member. */
  | { readonly type: "OTHER" };

export interface TaskUpdate {
  readonly id: string;
  readonly frameworkId: string;
  readonly state: string;
  /** As in Mesos, such as `REASON_AGENT_REMOVED`; "" if there is none. */
  readonly reason: string;
  /** What the update's own status reports, and its time in seconds since 1970. Present only if that status is TASK_RUNNING. */
  readonly running?: { readonly reported: Reported; readonly since: number };
}

const DEFAULT_HEARTBEAT_SECONDS = 15;
/** Bounds of the interval that a master may announce: a longer one would never detect silence, a shorter one would end healthy streams. */
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
const SUBSCRIBED = new Fields(["heartbeat_interval_seconds"]);

/**
 * Reads one record of the stream while it arrives. As lenient as reading a state: only the malformed part of an event is
 * left out. Throws MesosDnsError STREAM_INVALID for anything but a JSON object with a type.
 */
export class EventParser {
  readonly #reader: StreamedReader<MasterEvent>;

  /** @param facts reads the catalogue's facts, if a catalogue is kept */
  constructor(facts?: FactsReader) {
    this.#reader = new StreamedReader((json) => readEvent(json, facts));
  }

  /** Adds the next part of the record. Its memory must not change afterwards. */
  add(bytes: Uint8Array): void {
    explaining(() => this.#reader.add(bytes));
  }

  /** Call this after the last part. */
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
  let heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;
  const fields = yield* EVENT.walk(json, {
    *subscribed() {
      // It has the whole cluster as well, which is stepped over: a state has it too, and says more.
      heartbeatSeconds = heartbeatIn((yield* SUBSCRIBED.walk(json, {}))?.heartbeat_interval_seconds);
    },
  });
  if (fields === undefined) throw new Error("it is not an object");
  yield* json.expectEnd();
  const { type } = fields;
  if (typeof type !== "string") throw new Error("it has no type");
  return type === "SUBSCRIBED" ? { type, heartbeatSeconds } : changeIn(type, fields, facts);
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

/** Uses the state of the update, not that of its status: the master may repeat an older status until it is acknowledged. */
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

function heartbeatIn(value: unknown): number {
  const { least, most } = HEARTBEAT_SECONDS;
  return typeof value === "number" && value > 0 ? Math.min(Math.max(value, least), most) : DEFAULT_HEARTBEAT_SECONDS;
}
