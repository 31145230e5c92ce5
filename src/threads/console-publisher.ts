import { codeOf, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { healthOf, portsOf } from "../catalog/instance.js";
import { PacedPieces } from "../catalog/paced-pieces.js";
import { type Placed, taskDifferences } from "../catalog/task-differences.js";
import {
  type AgentRow,
  type ClusterPiece,
  type ServiceKey,
  type TaskDetail,
  type TaskKey,
  type TaskRow,
  taskKey,
} from "../console/model.js";
import type { Agent, Cluster, Task } from "../sources/mesos/cluster.js";
import type { ClusterFacts } from "../views/facts.js";
import { type Published, recordsOfTask } from "../views/mesos-dns/enumerate.js";
import { startsOfService } from "../views/mesos-dns/service-starts.js";
import type { ClusterPort, ToClusterPort } from "./console-messages.js";

/** Rows of one piece: some milliseconds for each of the two threads. */
const PIECE_ROWS = 1_000;

export interface ConsolePublisherParts {
  readonly port: ClusterPort;
  /** What the last build was made of. */
  readonly published: () => Published | undefined;
  /** Whether labels, networks and what statuses say are read. */
  readonly hasFacts: () => boolean;
  readonly log: Pick<Logger, "error">;
}

/**
 * Tells the console of the cluster that is served, while there is a console: first all of it, then what changes, piece by piece as it is
 * taken. What it tells of one task is made when somebody asks.
 */
export class ConsolePublisher {
  readonly #parts: ConsolePublisherParts;
  readonly #pieces: PacedPieces<ClusterPiece>;
  /** What has been told, or is being told. */
  #told: { readonly cluster: Cluster; readonly hadFacts: boolean } | undefined;

  constructor(parts: ConsolePublisherParts) {
    this.#parts = parts;
    const { port, log } = parts;
    this.#pieces = new PacedPieces({
      send: (piece) => port.postMessage({ kind: "piece", piece }),
      begin: () => this.#begin(),
    });
    port.on("message", (message) => {
      try {
        this.#take(message);
      } catch (error) {
        log.error({ code: codeOf(error) }, `the console was not told: ${messageOf(error)}`);
      }
    });
    this.#pieces.send();
  }

  /** Call this behind each build. */
  follow(): void {
    this.#pieces.send();
  }

  #take(message: ToClusterPort): void {
    const { port } = this.#parts;
    if (message.kind === "taken") this.#pieces.taken();
    else if (message.kind === "detail")
      port.postMessage({ kind: "detail", id: message.id, detail: this.#detailOf(message.task) });
    else port.postMessage({ kind: "starts", id: message.id, starts: this.#startsOf(message.service) });
  }

  /** The pieces of what has not been told yet. Changes until the last of them has been taken wait, and are told as one. */
  #begin(): Generator<ClusterPiece> | undefined {
    const facts = this.#parts.published()?.facts;
    const hasFacts = this.#parts.hasFacts();
    const told = this.#told;
    if (!facts || (facts.cluster === told?.cluster && hasFacts === told.hadFacts)) return undefined;
    this.#told = { cluster: facts.cluster, hadFacts: hasFacts };
    return piecesOf(told?.hadFacts === hasFacts ? told.cluster : undefined, facts, hasFacts);
  }

  #startsOf({ framework, name }: ServiceKey): readonly string[] {
    const published = this.#parts.published();
    return published ? startsOfService(published, framework, name) : [];
  }

  #detailOf(key: TaskKey): TaskDetail | undefined {
    const published = this.#parts.published();
    const framework = published?.facts.cluster.frameworks.find(({ id }) => id === key.frameworkId);
    const isIt = ({ id }: Task) => id === key.id;
    const running = framework?.tasks.find(isIt);
    const task = running ?? framework?.killing?.find(isIt);
    if (!published || !framework || !task) return undefined;
    // A task that is being killed has no records.
    const { records, problem } = running ? recordsOfTask(published, framework, task) : NO_RECORDS;
    const rows = records.map(({ name, rtype, host }) => ({ name, type: rtype, data: host }));
    return { ...detailOf(task), records: rows, problem: problem ?? null };
  }
}

const NO_RECORDS = { records: [], problem: null };

function detailOf(task: Task): Omit<TaskDetail, "records" | "problem"> {
  const { facts, statusFacts, addresses } = task;
  return {
    ports: portsOf(task).map(({ number, name, protocol, hostPort = null }) => ({ number, name, protocol, hostPort })),
    reported: { ...addresses },
    labels: facts?.labels ?? null,
    networks: statusFacts?.networks.map(({ name }) => name) ?? null,
    container: facts?.containerType ?? null,
    hasHealthCheck: facts?.hasHealthCheck ?? null,
  };
}

/** @param before the cluster that has been told; `undefined` for none */
function* piecesOf(before: Cluster | undefined, facts: ClusterFacts, hasFacts: boolean): Generator<ClusterPiece> {
  const { agents, frameworks } = facts.cluster;
  const { gone, come } = taskDifferences(before?.frameworks ?? [], frameworks, renamedAgents(before?.agents, agents));
  const coming = new Set(come.map(keyOf));
  const changes = [
    ...[...(before?.agents.keys() ?? [])].filter((id) => !agents.has(id)).map((goneAgent) => ({ goneAgent })),
    ...[...agents.values()].filter((agent) => before?.agents.get(agent.id) !== agent).map((agent) => ({ agent })),
    ...gone.filter((placed) => !coming.has(keyOf(placed))).map((goneTask) => ({ goneTask })),
    ...come.map((task) => ({ task })),
  ];
  const all = frameworks.map(({ id, name, hostname }) => ({ id, name, hostname }));
  for (let at = 0; at === 0 || at < changes.length; at += PIECE_ROWS) {
    const part: readonly RowChange[] = changes.slice(at, at + PIECE_ROWS);
    yield {
      isFirst: before === undefined && at === 0,
      isLast: at + PIECE_ROWS >= changes.length,
      gone: part.flatMap(({ goneTask }) =>
        goneTask ? [{ frameworkId: goneTask.framework.id, id: goneTask.task.id }] : [],
      ),
      tasks: part.flatMap(({ task }) => (task ? [taskRow(task, facts)] : [])),
      goneAgents: part.flatMap(({ goneAgent }) => goneAgent ?? []),
      agents: part.flatMap(({ agent }) => (agent ? [agentRow(agent, facts)] : [])),
      ...(at === 0 && { frameworks: all }),
      hasFacts,
    };
  }
}

interface RowChange {
  readonly goneAgent?: string;
  readonly agent?: Agent;
  readonly goneTask?: Placed;
  readonly task?: Placed;
}

function keyOf({ framework, task }: Placed): string {
  return taskKey({ frameworkId: framework.id, id: task.id });
}

/** The agents whose host name, which rows of tasks show, is not as it was. */
function renamedAgents(before: Cluster["agents"] | undefined, after: Cluster["agents"]): Set<string> {
  const moved = new Set<string>();
  if (!before || before === after) return moved;
  for (const [id, agent] of after) if (before.get(id)?.hostname !== agent.hostname) moved.add(id);
  return moved;
}

function taskRow({ framework, task, killing }: Placed, facts: ClusterFacts): TaskRow {
  return {
    id: task.id,
    name: task.name,
    service: task.discovery?.name ?? task.name,
    framework: framework.name,
    frameworkId: framework.id,
    agentId: task.agentId,
    agent: facts.cluster.agents.get(task.agentId)?.hostname ?? "",
    addresses: facts.addressesOfTask(task)?.own.map(({ text }) => text) ?? [],
    health: task.unhealthy ? "unhealthy" : healthOf(task),
    killing,
  };
}

function agentRow(agent: Agent, facts: ClusterFacts): AgentRow {
  return {
    id: agent.id,
    hostname: agent.hostname,
    addresses: facts.resolve(agent.endpoint.host).map(({ text }) => text),
    port: agent.endpoint.port,
    active: agent.facts?.active ?? true,
    attributes: agent.facts?.attributes ?? [],
  };
}
