import { type HostPort, isPort } from "../../base/host-port.js";
import { type JsonObject, textOf } from "../../base/lenient.js";
import type { Agent, Framework, Skipped, Task } from "./cluster.js";
import { parsePid } from "./endpoint.js";
import type { FactsReader } from "./facts/reader.js";
import { type Malformed, malformed } from "./lenient.js";

/** Builds the agents and frameworks of a state from their decoded members. */

/** The tasks of a framework, by what happens to them. */
export interface TaskLists {
  running: readonly Task[];
  readonly killing: Task[];
  readonly unreported: Task[];
  readonly starting: Task[];
  readonly skipped: Skipped[];
}

export function agentOf(fields: JsonObject | undefined, facts: FactsReader | undefined): Agent | Malformed {
  if (fields === undefined) return malformed("it is not an object");
  const id = textOf(fields.id);
  if (id === "") return malformed("it has no id");
  const hostname = textOf(fields.hostname);
  const endpoint = parsePid(fields.pid) ?? hostEndpoint(hostname, fields.port);
  if (endpoint === undefined) return malformed("it has neither a pid nor a hostname", id);
  return { id, endpoint, hostname, ...(facts && { facts: facts.ofAgent(fields.attributes, fields.active) }) };
}

function hostEndpoint(host: string, port: unknown): HostPort | undefined {
  return host === "" ? undefined : { host, port: isPort(port) ? port : 0 };
}

export function frameworkOf(
  fields: JsonObject | undefined,
  { running, killing }: Pick<TaskLists, "running" | "killing">,
): Framework | Malformed {
  if (fields === undefined) return malformed("it is not an object");
  const { id, name } = fields;
  if (typeof id !== "string" || id === "") return malformed("it has no id");
  if (typeof name !== "string") return malformed("its name is not a string", id);
  const pid = parsePid(fields.pid);
  const own = { id, name, hostname: textOf(fields.hostname), tasks: running };
  const framework = killing.length === 0 ? own : { ...own, killing };
  return pid === undefined ? framework : { ...framework, pid };
}

/** @param position such as `frameworks[3]`: stands in for a missing id */
export function skippedAs(kind: Skipped["kind"], position: string, { id, malformed: detail }: Malformed): Skipped {
  return { kind, id: id ?? position, reason: "malformed", detail };
}
