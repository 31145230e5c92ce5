import type { AgentRow, ClusterPiece, TaskRow } from "../../../src/console/model.js";

export const AGENT: AgentRow = {
  id: "S0",
  hostname: "node-0.example.com",
  addresses: ["192.0.2.10"],
  port: 5051,
  active: true,
  attributes: [],
};

export function taskRow(id: string, changes: Partial<TaskRow> = {}): TaskRow {
  const service = id.split(".")[0] ?? id;
  return {
    id,
    name: service,
    service,
    framework: "marathon",
    frameworkId: "F0",
    agentId: "S0",
    agent: "node-0.example.com",
    addresses: ["203.0.113.1"],
    health: "unknown",
    killing: false,
    ...changes,
  };
}

/** A whole cluster, or a change of it. */
export function piece(changes: Partial<ClusterPiece>): ClusterPiece {
  return {
    isFirst: false,
    isLast: true,
    gone: [],
    tasks: [],
    goneAgents: [],
    agents: [],
    hasFacts: false,
    ...changes,
  };
}

export const ALL = { text: "", offset: 0, limit: 100 };
