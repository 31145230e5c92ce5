import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import type { JsonObject } from "../../base/lenient.js";
import { VERSION } from "../../base/version.js";
import type { Agent, Cluster, Framework, Task } from "./cluster.js";
import { SavedFacts } from "./facts/saved-facts.js";
import { KnownTasks, TaskMemory } from "./known-tasks.js";
import { SavedTasks } from "./saved-tasks.js";
import { list, object, port, text } from "./saved-values.js";

/** Tasks or agents per line. Making one line takes a millisecond or two. */
const BATCH = 1_000;
const LINE_FEED = 0x0a;

/** A cluster, and how its tasks were written in the state that it was read from. */
export interface SavedCluster {
  readonly cluster: Cluster;
  readonly known: KnownTasks;
}

/**
 * A cluster as lines of JSON. Each line is made only when the caller takes it:
 *
 *     {"leader":{"host":"192.0.2.1","port":5050},"reader":"1.0.0"}
 *     {"agents":[…]}                              up to 1,000
 *     {"framework":{"id":…,"name":…}}
 *     {"tasks":[…]}                               up to 1,000 tasks of the framework above
 *     {"digests":[…]}                             of these tasks; "" where it is not known
 *     {"killing":[…]}                             up to 1,000 tasks of it that are being killed
 *
 * `Cluster.skipped` is not saved.
 *
 * @param withFacts whether the catalogue's facts were read
 */
export function* clusterLines({ cluster, known }: SavedCluster, withFacts = false): Generator<string> {
  const { leader, agents, frameworks } = cluster;
  yield line({ leader, reader: readerOf(withFacts) });
  for (const batch of batches([...agents.values()])) yield line({ agents: batch });
  for (const { tasks, killing = [], ...framework } of frameworks) {
    const digestOf = known.digestsOf(framework.id);
    yield line({ framework });
    for (const batch of batches(tasks)) {
      yield line({ tasks: batch });
      yield line({ digests: batch.map(digestOf) });
    }
    for (const batch of batches(killing)) yield line({ killing: batch });
  }
}

/** What reads tasks out of states. Another version may read something else out of the same task. */
function readerOf(withFacts: boolean): string {
  return withFacts ? `${VERSION} with facts` : VERSION;
}

/**
 * Reads what clusterLines() wrote. Throws MesosDnsError ZONE_FILE_DAMAGED for anything else.
 * @param withFacts whether to read the catalogue's facts
 */
export function readClusterLines(text: Uint8Array, withFacts = false): SavedCluster {
  let number = 0;
  try {
    const reader = new ClusterReader(withFacts);
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
  readonly #known = new Map<string, TaskMemory>();
  readonly #tasks = new SavedTasks();
  readonly #reader: string;
  readonly #facts: SavedFacts | undefined;
  #leader: HostPort | undefined;
  /** Whether a task that is written as it was then would be read as it was. */
  #isSameReader = false;
  /** The tasks of the last line. */
  #batch: readonly Task[] = [];

  constructor(withFacts: boolean) {
    this.#reader = readerOf(withFacts);
    this.#facts = withFacts ? new SavedFacts() : undefined;
  }

  take({ leader, reader, agents, framework, tasks, digests, killing }: JsonObject): void {
    if (leader !== undefined) {
      this.#leader = endpointIn(leader);
      this.#isSameReader = reader === this.#reader;
    } else if (agents !== undefined) for (const agent of list(agents, this.#agent)) this.#agents.set(agent.id, agent);
    else if (framework !== undefined) this.#frameworks.push({ ...frameworkIn(framework), tasks: [] });
    else if (killing !== undefined) this.#takeKilling(killing);
    else if (digests !== undefined) this.#takeDigests(list(digests, text));
    else {
      this.#batch = list(tasks, this.#task);
      for (const task of this.#batch) this.#last.tasks.push(task);
    }
  }

  readonly #agent = (value: unknown): Agent => ({ ...agentIn(value), ...this.#facts?.ofAgent(object(value)) });
  readonly #task = (value: unknown): Task => {
    const task = this.#tasks.task(value);
    return this.#facts ? { ...task, ...this.#facts.ofTask(object(value)) } : task;
  };

  end(): SavedCluster {
    if (!this.#leader) throw new Error("it names no leader");
    const cluster = { leader: this.#leader, agents: this.#agents, frameworks: this.#frameworks, skipped: [] };
    return { cluster, known: new KnownTasks(this.#known) };
  }

  get #last(): SavedFramework {
    const framework = this.#frameworks.at(-1);
    if (!framework) throw new Error("its tasks belong to no framework");
    return framework;
  }

  #takeDigests(digests: readonly string[]): void {
    if (!this.#isSameReader) return;
    const { id } = this.#last;
    const known = this.#known.get(id) ?? new TaskMemory();
    this.#known.set(id, known);
    this.#batch.forEach((task, index) => {
      const digest = digests[index] ?? "";
      if (digest !== "") known.note(digest, task);
    });
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

function endpointIn(value: unknown): HostPort {
  const { host, port: number } = object(value);
  return { host: text(host), port: port(number) };
}
