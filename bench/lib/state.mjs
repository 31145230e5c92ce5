/** Generated states of any size: the shape of a real cluster's, the same for the same numbers. */

import { createRandom } from "./random.mjs";

const PORT_SPAN = 20;

function agentOf(index) {
  const host = `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  return {
    id: `6e2c4d1a-73c3-4e5b-9c7e-1f4a3b2c1d0e-S${index}`,
    hostname: `agent-${index}.example.com`,
    port: 5051,
    pid: `slave(1)@${host}:5051`,
    active: true,
    attributes: {},
    resources: { cpus: 16, mem: 65536, disk: 1_000_000, ports: "[31000-32000]" },
  };
}

function taskOf(index, { agents, random, generation, kind }) {
  const service = Math.floor(index / 4);
  const agent = random() % agents;
  const first = 31_000 + (random() % 900);
  const name = `service-${service}.team-${service % 50}`;
  const timestamp = 1_500_000_000 + index / 10;
  const task = {
    id: `${name}.${(random() >>> 0).toString(16)}-${index}-${generation}`,
    name,
    framework_id: `6e2c4d1a-73c3-4e5b-9c7e-1f4a3b2c1d0e-${String(service % 4).padStart(4, "0")}`,
    executor_id: "",
    slave_id: agentOf(agent).id,
    state: "TASK_RUNNING",
    resources: { cpus: 0.5, mem: 512, disk: 0, gpus: 0, ports: `[${first}-${first + 1}]` },
    statuses: [
      {
        state: "TASK_RUNNING",
        timestamp,
        container_status: {
          network_infos: [
            {
              ip_addresses: [
                { protocol: "IPv4", ip_address: `172.${16 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}` },
              ],
            },
          ],
        },
      },
    ],
    labels: [{ key: "owner", value: `team-${service % 50}` }],
  };
  KINDS[kind](task, service);
  return task;
}

const httpPort = (service) => ({ number: 8000 + (service % PORT_SPAN), name: "http", protocol: "tcp" });

/** What tasks are like: what a kind adds to each. */
export const KINDS = {
  /** Ports of the agent, and a discovery name for every third service. */
  ports(task, service) {
    if (service % 3 !== 0) return;
    task.discovery = { visibility: "FRAMEWORK", name: task.name, ports: { ports: [httpPort(service)] } };
  },
  /** Networks of their own, as Marathon has them: an IPv6 address too, several statuses, ports with labels, a container. */
  containers(task, service) {
    const [running] = task.statuses;
    const [network] = running.container_status.network_infos;
    const { ip_address } = network.ip_addresses[0];
    network.name = "dcos";
    network.ip_addresses.push({ protocol: "IPv6", ip_address: `fd01:b::${ip_address.split(".").slice(2).join(":")}` });
    task.statuses = [
      { ...running, state: "TASK_STARTING", timestamp: running.timestamp - 3 },
      { ...running, healthy: true },
    ];
    const labels = {
      labels: [
        { key: `VIP_0`, value: `/service-${service}:80` },
        { key: "network-scope", value: "container" },
      ],
    };
    const admin = { number: 9000, name: "admin", protocol: "tcp" };
    task.discovery = {
      visibility: "FRAMEWORK",
      name: task.name,
      ports: { ports: [{ ...httpPort(service), labels }, admin] },
    };
    task.container = { type: "MESOS", docker: { image: `registry.example.com/team/service-${service}:1.4` } };
    task.resources.ports = "[]";
  },
};

/**
 * The body of a master's answer.
 * @param {number} tasks
 * @param {string} leader `host:port`
 * @param {number} generation another one moves one task in a hundred
 * @param {keyof typeof KINDS} kind
 */
export function stateBody(
  tasks,
  leader,
  generation = 0,
  kind = "ports",
  agents = Math.max(10, Math.round(tasks / 20)),
) {
  return Buffer.from(JSON.stringify(generateState(tasks, leader, { generation, kind, agents })));
}

function generateState(tasks, leader, { generation, kind, agents }) {
  const random = createRandom(0xc0ffee);
  const frameworks = ["marathon", "chronos", "kafka.prod", "Spark-2.4_x"].map((name, index) => ({
    id: `6e2c4d1a-73c3-4e5b-9c7e-1f4a3b2c1d0e-${String(index).padStart(4, "0")}`,
    name,
    pid: `scheduler-${index}@10.0.0.${index + 1}:15101`,
    hostname: `scheduler-${index}.example.com`,
    active: true,
    connected: true,
    recovered: false,
    tasks: [],
    completed_tasks: [],
  }));
  for (let i = 0; i < tasks; i++) {
    frameworks[Math.floor(i / 4) % 4].tasks.push(
      taskOf(i, { agents, random, generation: i % 100 === generation % 100 ? generation : 0, kind }),
    );
  }
  return {
    version: "1.11.0",
    id: "6e2c4d1a-73c3-4e5b-9c7e-1f4a3b2c1d0e",
    pid: `master@${leader}`,
    hostname: leader.split(":")[0],
    leader: `master@${leader}`,
    slaves: Array.from({ length: agents }, (_, i) => agentOf(i)),
    recovered_slaves: [],
    frameworks,
    completed_frameworks: [],
    orphan_tasks: [],
  };
}
