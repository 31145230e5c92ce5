/** A cluster in which tasks, agents and frameworks come and go without end: as a state, and as the events of what happens. */

import { v1Agent, v1Framework, v1Task } from "./live-master.mjs";
import { createRandom } from "./random.mjs";

const AGENTS = 500;
const value = (text) => ({ value: text });

export class ChurningCluster {
  #random = createRandom(0x5eed);
  #agents = [];
  #frameworks = [];
  /** Running tasks, the oldest first. */
  #tasks = new Set();
  #count = 0;

  /** @param tasks how many run at any time */
  constructor(tasks) {
    for (let i = 0; i < AGENTS; i++) this.#addAgent();
    for (let i = 0; i < 4; i++) this.#addFramework();
    for (let i = 0; i < tasks; i++) this.#tasks.add(this.#makeTask("TASK_RUNNING"));
  }

  /** The body of a master's answer. */
  state(address) {
    const tasksOf = ({ id }) => [...this.#tasks].filter((task) => task.framework_id === id);
    return Buffer.from(
      JSON.stringify({
        id: "churn",
        pid: `master@${address}`,
        leader: `master@${address}`,
        slaves: this.#agents,
        recovered_slaves: [],
        frameworks: this.#frameworks.map((framework) => ({ ...framework, tasks: tasksOf(framework) })),
        completed_frameworks: [],
      }),
    );
  }

  /** What a stream begins with. */
  subscribed() {
    const getState = {
      get_tasks: { tasks: [...this.#tasks].map(v1Task) },
      get_frameworks: { frameworks: this.#frameworks.map(v1Framework) },
      get_agents: { agents: this.#agents.map(v1Agent) },
    };
    return { type: "SUBSCRIBED", subscribed: { get_state: getState, heartbeat_interval_seconds: 3600 } };
  }

  /** So many tasks start, each over three events with the end of another; one more fails before it runs. */
  *step(lives) {
    for (let i = 0; i < lives; i++) {
      yield* this.#start();
      const [oldest] = this.#tasks;
      this.#tasks.delete(oldest);
      yield updated(oldest, "TASK_FINISHED");
    }
    const failing = this.#makeTask("TASK_STAGING");
    yield added(failing);
    yield updated(failing, "TASK_FAILED");
  }

  /** An agent goes with its tasks, which start elsewhere, and another comes; a framework comes and goes. */
  *turnover() {
    const agent = this.#agents.shift();
    for (const task of [...this.#tasks].filter(({ slave_id }) => slave_id === agent.id)) {
      this.#tasks.delete(task);
      yield updated(task, "TASK_LOST");
      yield* this.#start();
    }
    yield { type: "AGENT_REMOVED", agent_removed: { agent_id: value(agent.id) } };
    yield { type: "AGENT_ADDED", agent_added: { agent: v1Agent(this.#addAgent()) } };
    const framework = this.#addFramework();
    this.#frameworks.pop();
    yield { type: "FRAMEWORK_ADDED", framework_added: { framework: v1Framework(framework) } };
    const waiting = { ...this.#makeTask("TASK_STAGING"), framework_id: framework.id };
    yield added(waiting);
    const { id, name } = framework;
    yield { type: "FRAMEWORK_REMOVED", framework_removed: { framework_info: { id: value(id), name } } };
  }

  *#start() {
    const task = this.#makeTask("TASK_STAGING");
    yield added(task);
    yield updated(task, "TASK_RUNNING", { timestamp: this.#count });
    task.state = "TASK_RUNNING";
    this.#tasks.add(task);
  }

  #addAgent() {
    const number = this.#count++;
    const host = this.#address(10);
    const agent = {
      id: `S${number}`,
      hostname: `agent-${number}.example.com`,
      port: 5051,
      pid: `slave(1)@${host}:5051`,
      resources: {},
    };
    this.#agents.push(agent);
    return agent;
  }

  #addFramework() {
    const number = this.#count++;
    const framework = { id: `F${number}`, name: `framework-${number}`, hostname: this.#address(10) };
    this.#frameworks.push(framework);
    return framework;
  }

  #makeTask(state) {
    const number = this.#count++;
    const agent = this.#agents[this.#random() % this.#agents.length];
    const status = {
      state: "TASK_RUNNING",
      timestamp: number,
      container_status: { network_infos: [{ ip_addresses: [{ ip_address: this.#address(172) }] }] },
    };
    return {
      id: `job-${number}.${this.#random().toString(16)}`,
      name: `job-${number}`,
      framework_id: this.#frameworks[number % this.#frameworks.length].id,
      slave_id: agent.id,
      state,
      resources: { ports: `[${31000 + (number % 900)}-${31000 + (number % 900)}]` },
      statuses: [status],
    };
  }

  #address(first) {
    const bits = this.#random();
    return `${first}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  }
}

function added(task) {
  return { type: "TASK_ADDED", task_added: { task: v1Task({ ...task, statuses: [] }) } };
}

function updated(task, state, status = {}) {
  const own = { task_id: value(task.id), agent_id: value(task.slave_id), state };
  const [{ container_status }] = task.statuses;
  return {
    type: "TASK_UPDATED",
    task_updated: { framework_id: value(task.framework_id), status: { ...own, container_status, ...status }, state },
  };
}
