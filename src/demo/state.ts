import { AGENTS, type DemoPort, FRAMEWORKS } from "./apps.js";
import type { Instance } from "./cluster.js";

type Json = Readonly<Record<string, unknown>>;

const AGENT_PORT = 5051;

/**
 * What a leading master of this cluster answers to GET /state, in the fields that a DNS server reads.
 *
 * @param master `host:port` of the master that answers
 */
export function stateOf(instances: readonly Instance[], master: string): Json {
  return {
    version: "1.11.0",
    pid: `master@${master}`,
    leader: `master@${master}`,
    slaves: AGENTS.map(({ id, hostname, address }) => ({
      id,
      hostname,
      port: AGENT_PORT,
      pid: `slave(1)@${address}:${AGENT_PORT}`,
      active: true,
    })),
    recovered_slaves: [],
    frameworks: FRAMEWORKS.map((framework) => ({
      ...framework,
      active: true,
      tasks: instances
        .filter(({ app }) => app.framework === framework.name)
        .map((instance) => taskOf(instance, framework.id)),
      unreachable_tasks: [],
      completed_tasks: [],
    })),
    completed_frameworks: [],
  };
}

function taskOf(instance: Instance, frameworkId: string): Json {
  const { app, agent, ports, taskId } = instance;
  return {
    id: taskId,
    name: app.name,
    framework_id: frameworkId,
    slave_id: agent.id,
    state: "TASK_RUNNING",
    resources: {
      cpus: 0.5,
      mem: 128,
      ...(ports.length > 0 && { ports: `[${ports.map((port) => `${port}-${port}`).join(", ")}]` }),
    },
    statuses: [statusOf(instance)],
    ...(app.discovery && {
      discovery: {
        visibility: "FRAMEWORK",
        name: app.discovery.name,
        ports: { ports: app.discovery.ports.map(portOf) },
      },
    }),
  };
}

function portOf({ vip, ...port }: DemoPort): Json {
  return vip === undefined ? port : { ...port, labels: { labels: [{ key: "VIP_0", value: vip }] } };
}

function statusOf({ startedAt, addresses }: Instance): Json {
  const ip_addresses = addresses.map((ip_address) => ({
    protocol: ip_address.includes(":") ? "IPv6" : "IPv4",
    ip_address,
  }));
  return {
    state: "TASK_RUNNING",
    timestamp: startedAt / 1000,
    ...(addresses.length > 0 && { container_status: { network_infos: [{ ip_addresses }] } }),
  };
}
