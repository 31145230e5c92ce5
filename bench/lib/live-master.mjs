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

/** JSON texts of tasks, as either API writes them: making those of 100,000 takes a second, in which a master would tell of nothing. */
class TaskTexts {
  #known = new WeakMap();
  #write;

  constructor(write) {
    this.#write = write;
  }

  of(tasks) {
    return tasks.map((task) => this.#of(task)).join(",");
  }

  #of(task) {
    let text = this.#known.get(task);
    if (text === undefined) {
      text = JSON.stringify(this.#write(task));
      this.#known.set(task, text);
    }
    return text;
  }
}

/** A task of the first framework, as a state has it. @param more what is otherwise than in all such tasks */
export function freshTask(master, index, more = {}) {
  return {
    id: `fresh-${index}.bench`,
    name: `fresh-${index}`,
    framework_id: master.frameworkId(),
    slave_id: master.agentOf(index * 31),
    state: "TASK_RUNNING",
    resources: { ports: "[31500-31500]" },
    statuses: [{ state: "TASK_RUNNING", timestamp: 1_600_000_000 + index }],
    ...more,
  };
}

/** @param makeState gives the state for the address it is asked at */
export async function startLiveMaster(makeState) {
  const subscribers = new Set();
  let state;
  const inState = new TaskTexts((task) => task);
  const inStream = new TaskTexts(v1Task);
  const write = (response, text) => response.write(`${Buffer.byteLength(text)}\n${text}`);
  const send = (response, event) => write(response, JSON.stringify(event));
  const stateText = () => {
    const { frameworks, ...rest } = state;
    const texts = frameworks.map(({ tasks, ...framework }) => {
      const own = JSON.stringify(framework).slice(0, -1);
      return `${own},"tasks":[${inState.of(tasks)}]}`;
    });
    return `${JSON.stringify(rest).slice(0, -1)},"frameworks":[${texts.join(",")}]}`;
  };
  const subscribe = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    subscribers.add(response);
    response.on("close", () => subscribers.delete(response));
    const tasks = `{"tasks":[${state.frameworks.map(({ tasks }) => inStream.of(tasks)).join(",")}]}`;
    const frameworks = JSON.stringify({ frameworks: state.frameworks.map(v1Framework) });
    const agents = JSON.stringify({ agents: state.slaves.map(v1Agent) });
    const getState = `{"get_tasks":${tasks},"get_frameworks":${frameworks},"get_agents":${agents}}`;
    const heartbeat = `"heartbeat_interval_seconds":${HEARTBEAT_SECONDS}`;
    write(response, `{"type":"SUBSCRIBED","subscribed":{"get_state":${getState},${heartbeat}}}`);
    send(response, { type: "HEARTBEAT" });
  };
  const server = createServer((request, response) => {
    if (request.method === "POST") return subscribe(response);
    response.writeHead(200, { "content-type": "application/json" }).end(stateText());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${server.address().port}`;
  state = makeState(address);
  stateText();
  for (const { tasks } of state.frameworks) inStream.of(tasks);
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
