import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import type { Agent, Cluster, Discovery, Framework, ReportedAddresses, Task } from "./cluster.js";
import { SavedFacts } from "./facts/saved-facts.js";
import type { JsonObject } from "./lenient.js";
import { list, object, port, text } from "./saved-values.js";

/** Tasks or agents per line. Making one line takes a millisecond or two. */
const BATCH = 1_000;
const LINE_FEED = 0x0a;

/**
 * A cluster as lines of JSON. Each line is made only when the caller takes it:
 *
 *     {"leader":{"host":"192.0.2.1","port":5050}}
 *     {"agents":[…]}                              up to 1,000
 *     {"framework":{"id":…,"name":…}}
 *     {"tasks":[…]}                               up to 1,000 tasks of the framework above
 *     {"killing":[…]}                             up to 1,000 tasks of it that are being killed
 *
 * `Cluster.skipped` is not saved.
 */
export function* clusterLines({ leader, agents, frameworks }: Cluster): Generator<string> {
  yield line({ leader });
  for (const batch of batches([...agents.values()])) yield line({ agents: batch });
  for (const { tasks, killing = [], ...framework } of frameworks) {
    yield line({ framework });
    for (const batch of batches(tasks)) yield line({ tasks: batch });
    for (const batch of batches(killing)) yield line({ killing: batch });
  }
}

/**
 * Reads what clusterLines() wrote. Throws MesosDnsError ZONE_FILE_DAMAGED for anything else.
 * @param withFacts whether to read the catalogue's facts
 */
export function readClusterLines(text: Uint8Array, withFacts = false): Cluster {
  let number = 0;
  try {
    const reader = new ClusterReader(withFacts ? new SavedFacts() : undefined);
    for (const bytes of linesOf(text)) {
      number++;
      reader.take(object(JSON.parse(Buffer.from(bytes).toString("utf8"))));
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

interface SavedFramework extends Omit<Framework, "killing"> {
  readonly tasks: Task[];
  killing?: Task[];
}

class ClusterReader {
  readonly #agents = new Map<string, Agent>();
  readonly #frameworks: SavedFramework[] = [];
  readonly #facts: SavedFacts | undefined;
  #leader: HostPort | undefined;

  constructor(facts: SavedFacts | undefined) {
    this.#facts = facts;
  }

  take({ leader, agents, framework, tasks, killing }: JsonObject): void {
    if (leader !== undefined) this.#leader = endpointIn(leader);
    else if (agents !== undefined) for (const agent of list(agents, this.#agent)) this.#agents.set(agent.id, agent);
    else if (framework !== undefined) this.#frameworks.push({ ...frameworkIn(framework), tasks: [] });
    else if (killing !== undefined) this.#takeKilling(killing);
    else for (const task of list(tasks, this.#task)) this.#last.tasks.push(task);
  }

  readonly #agent = (value: unknown): Agent => ({ ...agentIn(value), ...this.#facts?.ofAgent(object(value)) });
  readonly #task = (value: unknown): Task => ({ ...taskIn(value), ...this.#facts?.ofTask(object(value)) });

  end(): Cluster {
    if (!this.#leader) throw new Error("it names no leader");
    return { leader: this.#leader, agents: this.#agents, frameworks: this.#frameworks, skipped: [] };
  }

  get #last(): SavedFramework {
    const framework = this.#frameworks.at(-1);
    if (!framework) throw new Error("its tasks belong to no framework");
    return framework;
  }

  #takeKilling(killing: unknown): void {
    if (!this.#facts) return;
    const framework = this.#last;
    framework.killing = [...(framework.killing ?? []), ...list(killing, this.#task)];
  }
}

function agentIn(value: unknown): Agent {
  const { id, endpoint, hostname } = object(value);
  return { id: text(id), endpoint: endpointIn(endpoint), hostname: text(hostname) };
}

function frameworkIn(value: unknown): Omit<Framework, "tasks" | "killing"> {
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
