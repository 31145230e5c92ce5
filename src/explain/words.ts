import { formatHostPort } from "../base/host-port.js";
import { printable } from "../base/printable.js";
import type { Agent, Framework, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "../views/facts.js";
import type { Piece } from "./trace.js";

/** Most characters of a text of the cluster's. */
const MAX_TEXT = 200;

/** A text of the cluster's, for people: on one line, and not endless. */
export function shown(text: string): string {
  return printable(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
}

export function quoted(text: string): string {
  return `"${shown(text)}"`;
}

/** A name as it stands in a sentence. */
export function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

/** The beginning of a sentence. */
export function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a, b and c` */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** `1 task`, `2 tasks` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

export function describeTask({ cluster }: ClusterFacts, framework: Framework, { id, agentId }: Task): string {
  const agent = cluster.agents.get(agentId);
  const where = agent ? `on agent ${shown(agentId)} at ${shown(agent.endpoint.host)}` : `on agent ${shown(agentId)}`;
  return `task ${shown(id)} of framework ${quoted(framework.name)} ${where}`;
}

export function describeAgent({ id, hostname, endpoint }: Agent): string {
  return `agent ${shown(id)}, ${shown(hostname)} at ${shown(formatHostPort(endpoint))}`;
}

export function describePiece(facts: ClusterFacts, piece: Piece): string {
  switch (piece.kind) {
    case "task":
      return describeTask(facts, piece.framework, piece.task);
    case "framework":
      return `framework ${quoted(piece.framework.name)}, by its scheduler's address`;
    case "agent":
      return describeAgent(piece.agent);
    case "masters":
      return "the masters";
    case "name_server":
      return "nameServers and SOAMname of the configuration";
  }
}
