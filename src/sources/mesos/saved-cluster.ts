import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import type { Agent, Cluster, Discovery, Framework, ReportedAddresses, Task } from "./cluster.js";
import { isPort } from "./endpoint.js";
import { isObject, type JsonObject } from "./lenient.js";

/** Tasks or agents in a line: what is made in one go takes a millisecond or two. */
const BATCH = 1_000;
const LINE_FEED = 0x0a;

/**
 * A cluster as lines of JSON, each made when it is asked for:
 *
 *     {"leader":{"host":"192.0.2.1","port":5050}}
 *     {"agents":[…]}                              up to 1,000
 *     {"framework":{"id":…,"name":…}}
 *     {"tasks":[…]}                               up to 1,000, of the framework above
 *
 * What has been left out of the cluster is not in it.
 */
export function* clusterLines({ leader, agents, frameworks }: Cluster): Generator<string> {
  yield line({ leader });
  for (const batch of batches([...agents.values()])) yield line({ agents: batch });
  for (const { tasks, ...framework } of frameworks) {
    yield line({ framework });
    for (const batch of batches(tasks)) yield line({ tasks: batch });
  }
}

/** What clusterLines() wrote. Throws MesosDnsError ZONE_FILE_DAMAGED for anything else. */
export function readClusterLines(text: Uint8Array): Cluster {
  let number = 0;
  try {
    const reader = new ClusterReader();
    for (const octets of linesOf(text)) {
      number++;
      reader.take(object(JSON.parse(Buffer.from(octets).toString("utf8"))));
    }
    return reader.end();
  } catch (error) {
    const message = `the cluster that is saved with the zone cannot be read, line ${number}: ${messageOf(error)}`;
    throw new MesosDnsError("ZONE_FILE_DAMAGED", message, { cause: error });
  }
}

function line(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += BATCH) yield items.slice(at, at + BATCH);
}

function* linesOf(text: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf(LINE_FEED, at);
    const end = found < 0 ? text.length : found;
    yield text.subarray(at, end);
    at = end + 1;
  }
}

class ClusterReader {
  readonly #agents = new Map<string, Agent>();
  readonly #frameworks: (Framework & { readonly tasks: Task[] })[] = [];
  #leader: HostPort | undefined;

  take({ leader, agents, framework, tasks }: JsonObject): void {
    if (leader !== undefined) this.#leader = endpointIn(leader);
    else if (agents !== undefined) for (const agent of list(agents, agentIn)) this.#agents.set(agent.id, agent);
    else if (framework !== undefined) this.#frameworks.push({ ...frameworkIn(framework), tasks: [] });
    else this.#takeTasks(list(tasks, taskIn));
  }

  end(): Cluster {
    if (!this.#leader) throw new Error("it names no leader");
    return { leader: this.#leader, agents: this.#agents, frameworks: this.#frameworks, skipped: [] };
  }

  #takeTasks(tasks: readonly Task[]): void {
    const framework = this.#frameworks.at(-1);
    if (!framework) throw new Error("its tasks belong to no framework");
    for (const task of tasks) framework.tasks.push(task);
  }
}

function agentIn(value: unknown): Agent {
  const { id, endpoint, hostname } = object(value);
  return { id: text(id), endpoint: endpointIn(endpoint), hostname: text(hostname) };
}

function frameworkIn(value: unknown): Omit<Framework, "tasks"> {
  const { id, name, pid, hostname } = object(value);
  const own = pid === undefined ? undefined : endpointIn(pid);
  return { id: text(id), name: text(name), ...(own && { pid: own }), hostname: text(hostname) };
}

function taskIn(value: unknown): Task {
  const { id, name, agentId, discovery, ports, addresses, unhealthy, mapsPorts, networkMapsPorts } = object(value);
  const found = discovery === undefined ? undefined : discoveryIn(discovery);
  return {
    id: text(id),
    name: text(name),
    agentId: text(agentId),
    ...(found && { discovery: found }),
    ports: list(ports, (range) => {
      const [first, last] = list(range, port);
      return [port(first), port(last)];
    }),
    addresses: addressesIn(object(addresses)),
    ...(unhealthy === true && { unhealthy }),
    ...(mapsPorts === true && { mapsPorts }),
    ...(networkMapsPorts === true && { networkMapsPorts }),
  };
}

function discoveryIn(value: unknown): Discovery {
  const { name, ports } = object(value);
  return {
    name: text(name),
    ports: list(ports, (each) => {
      const { number, name, protocol } = object(each);
      return { number: port(number), name: text(name), protocol: text(protocol) };
    }),
  };
}

function addressesIn({ netinfo, mesos, docker }: JsonObject): ReportedAddresses {
  return {
    ...(netinfo !== undefined && { netinfo: list(netinfo, text) }),
    ...(mesos !== undefined && { mesos: list(mesos, text) }),
    ...(docker !== undefined && { docker: list(docker, text) }),
  };
}

function endpointIn(value: unknown): HostPort {
  const { host, port: number } = object(value);
  return { host: text(host), port: port(number) };
}

function object(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new Error("it lacks an object where one belongs");
}

function list<Item>(value: unknown, read: (element: unknown) => Item): readonly Item[] {
  if (Array.isArray(value)) return value.map((element) => read(element));
  throw new Error("it lacks a list where one belongs");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error("it lacks a text where one belongs");
}

function port(value: unknown): number {
  if (value === 0 || isPort(value)) return value;
  throw new Error("it lacks a port where one belongs");
}
