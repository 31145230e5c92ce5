/** A master whose cluster changes while it is watched: /state, and the same as a stream of events. */
import { createServer } from "node:http";

const HEARTBEAT_SECONDS = 15;

const value = (text) => ({ value: text });

function portsOf({ ports = "" }) {
  const range = ports
    .replace(/[[\]]/g, "")
    .split(",")
    .filter((text) => text !== "")
    .map((text) => text.split("-").map(Number))
    .map(([begin, end]) => ({ begin, end }));
  return [{ name: "ports", type: "RANGES", ranges: { range } }];
}

export function v1Task(task) {
  const { id, name, framework_id: framework, slave_id: agent, state, resources, statuses, discovery } = task;
  const { labels, container, health_check } = task;
  return {
    name,
    task_id: value(id),
    framework_id: value(framework),
    agent_id: value(agent),
    state,
    resources: portsOf(resources),
    statuses: statuses.map((status) => ({ ...status, task_id: value(id), agent_id: value(agent) })),
    ...(discovery && { discovery }),
    ...(labels && { labels: { labels } }),
    ...(container && { container }),
    ...(health_check && { health_check }),
  };
}

export function v1Agent({ id, hostname, port, pid, resources }) {
  return { agent_info: { id: value(id), hostname, port, resources: portsOf(resources) }, active: true, pid };
}

export function v1Framework({ id, name, hostname }) {
  return { framework_info: { id: value(id), name, hostname }, active: true, connected: true, recovered: false };
}

/** @param makeState gives the state for the address it is asked at */
export async function startLiveMaster(makeState) {
  const subscribers = new Set();
  let state;
  const send = (response, event) => {
    const text = JSON.stringify(event);
    response.write(`${Buffer.byteLength(text)}\n${text}`);
  };
  const subscribe = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    subscribers.add(response);
    response.on("close", () => subscribers.delete(response));
    const getState = {
      get_tasks: { tasks: state.frameworks.flatMap(({ tasks }) => tasks.map(v1Task)) },
      get_frameworks: { frameworks: state.frameworks.map(v1Framework) },
      get_agents: { agents: state.slaves.map(v1Agent) },
    };
    send(response, {
      type: "SUBSCRIBED",
      subscribed: { get_state: getState, heartbeat_interval_seconds: HEARTBEAT_SECONDS },
    });
    send(response, { type: "HEARTBEAT" });
  };
  const server = createServer((request, response) => {
    if (request.method === "POST") return subscribe(response);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(state));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${server.address().port}`;
  state = makeState(address);
  const heart = setInterval(() => {
    for (const one of subscribers) send(one, { type: "HEARTBEAT" });
  }, HEARTBEAT_SECONDS * 1000);
  const tell = (event) => {
    for (const one of subscribers) send(one, event);
  };
  return {
    address,
    subscribers,
    /** A task starts in the first framework. */
    add(task) {
      state.frameworks[0].tasks.push(task);
      tell({ type: "TASK_ADDED", task_added: { task: v1Task(task) } });
    },
    /** The oldest task of the first framework that is called so ends. */
    kill(name) {
      const { tasks, id } = state.frameworks[0];
      const at = tasks.findIndex((task) => task.name === name);
      const [task] = tasks.splice(at, 1);
      const status = { task_id: value(task.id), agent_id: value(task.slave_id), state: "TASK_KILLED" };
      tell({ type: "TASK_UPDATED", task_updated: { framework_id: value(id), status, state: "TASK_KILLED" } });
    },
    agentOf: (index) => state.slaves[index % state.slaves.length].id,
    frameworkId: () => state.frameworks[0].id,
    stop() {
      clearInterval(heart);
      server.closeAllConnections();
      server.close();
    },
  };
}
