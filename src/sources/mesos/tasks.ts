import { listOf, textOf } from "../../base/lenient.js";
import type { PortRange, Task } from "./cluster.js";
import { discoveryOf } from "./discovery.js";
import type { FactsReader } from "./facts/reader.js";
import { Fields } from "./fields.js";
import { digestOf, type TaskMemory } from "./known-tasks.js";
import { type Malformed, malformed, trimmed } from "./lenient.js";
import { MemberNames } from "./member-names.js";
import { mapsPorts, readContainer } from "./port-mappings.js";
import { parsePortRanges } from "./ports.js";
import type { StateScanner } from "./state-scanner.js";
import { isBeforeRunning, isUnreported, KILLING, RUNNING, reportedIn, reportedWithFacts } from "./statuses.js";

const FIELDS = ["id", "name", "slave_id", "state", "resources", "statuses", "discovery", "container"] as const;
/** The fields that only a catalogue needs come last. */
const ALL_FIELDS = [...FIELDS, "labels", "health_check"] as const;
type Field = (typeof ALL_FIELDS)[number];
const CONTAINER = FIELDS.indexOf("container");
const RESOURCES = FIELDS.indexOf("resources");
const PORTS = new Fields(["ports"]);

/**
 * Reads tasks one after the other. It decodes nothing of a task before it knows that the task runs, and keeps what many tasks
 * share (agent ids, names, port lists) only once: 100,000 tasks have to stay small.
 */
export class TaskReader {
  readonly #scanner: StateScanner;
  readonly #facts: FactsReader | undefined;
  readonly #names: MemberNames;
  readonly #starts = new Array<number>(ALL_FIELDS.length).fill(-1);
  readonly #ends = new Array<number>(ALL_FIELDS.length).fill(-1);
  readonly #strings = new Map<string, string>();
  /** The last task's, which the next one and its discovery often have as well. */
  #name = "";
  readonly #ports = new Map<string, readonly PortRange[]>();
  /** Whether the task that was read last runs, but has no TASK_RUNNING status yet (`isUnreported`). */
  unreported = false;
  /** Whether the task that was read last is being killed. */
  killing = false;
  /** Whether the task that was read last does not run yet. */
  starting = false;

  /** @param facts reads the catalogue's facts; without it, tasks have none, and tasks that are being killed are not read */
  constructor(scanner: StateScanner, facts: FactsReader | undefined) {
    this.#scanner = scanner;
    this.#facts = facts;
    this.#names = new MemberNames(facts ? ALL_FIELDS : FIELDS);
  }

  /** Consumes the element at the scanner. `undefined` for a task that does not belong in a cluster, such as one that has ended. */
  read(memory: TaskMemory): Task | Malformed | undefined {
    const scanner = this.#scanner;
    if (scanner.kind() !== "object") {
      scanner.skip();
      return malformed("it is not an object");
    }
    const start = scanner.at();
    const known = memory.isEmpty ? undefined : this.#recall(memory);
    if (known) return known;
    this.#locate();
    const state = this.#field("state");
    const id = this.#field("id");
    if (typeof state !== "string") return malformed("its state is not a string", id);
    this.killing = state === KILLING;
    this.starting = isBeforeRunning(state);
    if (state !== RUNNING && !this.starting && !(this.killing && this.#facts)) return undefined;
    const task = this.#running(id, this.#field("name"), this.#field("slave_id"));
    if ("malformed" in task) return this.starting ? undefined : task;
    const isRunning = !(this.killing || this.starting || this.unreported);
    if (isRunning) memory.note(digestOf(scanner.textFrom(start)), task);
    return task;
  }

  /** The task that stands here, where it is written as one of the last state was; else the scanner stays where it is. */
  #recall(memory: TaskMemory): Task | undefined {
    const scanner = this.#scanner;
    const start = scanner.at();
    scanner.skip();
    const task = memory.recall(digestOf(scanner.textFrom(start)));
    if (task === undefined) scanner.goTo(start);
    this.killing = false;
    this.starting = false;
    this.unreported = false;
    return task;
  }

  /** Notes the position of each field of this task. If a field is present twice, the last one counts. */
  #locate(): void {
    const scanner = this.#scanner;
    this.#starts.fill(-1);
    scanner.members(this.#names, (field) => {
      this.#starts[field] = scanner.at();
      scanner.skip();
      this.#ends[field] = scanner.at();
    });
  }

  #field(name: Field): unknown {
    const field = ALL_FIELDS.indexOf(name);
    const start = this.#starts[field] as number;
    return start < 0 ? undefined : this.#scanner.decode(start, this.#ends[field] as number);
  }

  #readAt(field: number, read: () => unknown): unknown {
    const start = this.#starts[field] as number;
    return start < 0 ? undefined : this.#scanner.readAt(start, read);
  }

  #running(id: unknown, name: unknown, agentId: unknown): Task | Malformed {
    if (typeof id !== "string" || id === "") return malformed("it has no id", id);
    if (typeof name !== "string") return malformed("its name is not a string", id);
    if (typeof agentId !== "string" || agentId === "") return malformed("it has no slave_id", id);
    const agent = this.#intern(agentId);
    this.#name = this.#intern(name);
    const ports = this.#portsOf(this.#readAt(RESOURCES, () => PORTS.read(this.#scanner)?.ports));
    const statuses = listOf(this.#field("statuses"));
    const facts = this.#facts;
    const reported = facts ? reportedWithFacts(statuses, facts) : reportedIn(statuses);
    this.unreported = isUnreported(statuses);
    const published = this.#field("discovery");
    const discovery = discoveryOf(published, this.#intern);
    // A container can be large. Decode only the few members that are needed.
    const container = this.#readAt(CONTAINER, () => readContainer(this.#scanner));
    const maps = mapsPorts(container, published);
    const { addresses } = reported;
    // Two literals, to which rare members are added: an object built by spreading takes more memory.
    const task: { -readonly [Key in keyof Task]: Task[Key] } =
      discovery === undefined
        ? { id, name: this.#name, agentId: agent, ports, addresses }
        : { id, name: this.#name, agentId: agent, discovery, ports, addresses };
    if (facts) {
      const own = { labels: this.#field("labels"), healthCheck: this.#field("health_check"), discovery: published };
      task.facts = facts.ofTask({ ...own, container });
      if (reported.statusFacts) task.statusFacts = reported.statusFacts;
    }
    if (reported.unhealthy) task.unhealthy = true;
    if (maps) task.mapsPorts = true;
    if (reported.networkMapsPorts) task.networkMapsPorts = true;
    return task;
  }

  readonly #intern = (text: string): string => {
    if (text === this.#name) return this.#name;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, text);
    return text;
  };

  #portsOf(written: unknown): readonly PortRange[] {
    const text = textOf(written);
    let ports = this.#ports.get(text);
    if (ports === undefined) {
      ports = trimmed(parsePortRanges(text));
      this.#ports.set(text, ports);
    }
    return ports;
  }
}
