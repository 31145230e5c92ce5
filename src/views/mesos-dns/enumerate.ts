import type { Address } from "../../base/addresses.js";
import { inChunks } from "../../base/text-chunks.js";
import type { Framework, Task } from "../../sources/mesos/cluster.js";
import type { Emission, RecordGenerator, RecordSink } from "./generate.js";

/**
 * Every running task with the records that are published for it, in chunks of JSON text:
 *
 *     {"frameworks":[{"name":"…","tasks":[{"name":"…","id":"…","records":[{"name":"…","host":"…","rtype":"A"}]}]}]}
 *
 * Names end with a dot; `host` is an address, or for an SRV record `target.:port`. As in Mesos-DNS, a task whose agent
 * has no known address is not listed, and a task whose name gives no DNS name is listed without records.
 *
 * @param omitsStandby whether a name has records now beside those on standby, which are not published then; it is asked
 * before the first chunk, and not again
 */
export function enumerate(generator: RecordGenerator, omitsStandby: (name: string) => boolean): Generator<string> {
  return inChunks(pieces(generator, omittedNames(generator, omitsStandby)));
}

/** The names whose records on standby are not published. */
function omittedNames(generator: RecordGenerator, omitsStandby: (name: string) => boolean): ReadonlySet<string> {
  const { cluster, rules } = generator.input;
  const omitted = new Set<string>();
  if (rules.healthPolicy === "ignore") return omitted;
  const note = (name: string, standby: boolean | undefined) => {
    if (standby && omitsStandby(name)) omitted.add(name);
  };
  const sink: RecordSink = {
    address: (name, _address, standby) => note(name, standby),
    service: (name, _target, _port, standby) => note(name, standby),
  };
  for (const framework of cluster.frameworks) {
    for (const task of framework.tasks) if (task.unhealthy) generator.taskRecords(framework, task, alone(sink));
  }
  return omitted;
}

/** What is listed is what Mesos-DNS has: the names of the domain. */
function alone(records: RecordSink): Emission {
  return { records, claims: undefined, dcos: undefined };
}

function* pieces(generator: RecordGenerator, omitted: ReadonlySet<string>): Generator<string> {
  yield '{"frameworks":[';
  let separator = "";
  for (const framework of generator.input.cluster.frameworks) {
    yield `${separator}{"name":${JSON.stringify(framework.name)},"tasks":[`;
    yield* tasks(generator, framework, omitted);
    yield "]}";
    separator = ",";
  }
  yield "]}";
}

function* tasks(generator: RecordGenerator, framework: Framework, omitted: ReadonlySet<string>): Generator<string> {
  let separator = "";
  for (const task of framework.tasks) {
    const records = new JsonRecords(omitted);
    const problem = generator.taskRecords(framework, task, alone(records));
    if (problem && problem.reason !== "invalid_name") continue;
    yield separator + taskText(task, records);
    separator = ",";
  }
}

function taskText(task: Task, records: JsonRecords): string {
  return `{"name":${JSON.stringify(task.name)},"id":${JSON.stringify(task.id)},"records":[${records.text}]}`;
}

/** Collects the records of one task as JSON, each once: two spellings of a name can come to the same records. */
class JsonRecords implements RecordSink {
  readonly #records = new Set<string>();
  readonly #omitted: ReadonlySet<string>;

  /** @param omitted names whose records on standby are left out */
  constructor(omitted: ReadonlySet<string>) {
    this.#omitted = omitted;
  }

  address(name: string, { family, text }: Address, standby?: boolean): void {
    this.#add(name, text, family === 4 ? "A" : "AAAA", standby);
  }

  service(name: string, target: string, port: number, standby?: boolean): void {
    this.#add(name, `${target}.:${port}`, "SRV", standby);
  }

  get text(): string {
    return [...this.#records].join(",");
  }

  #add(name: string, host: string, rtype: string, standby: boolean | undefined): void {
    if (standby && this.#omitted.has(name)) return;
    this.#records.add(`{"name":${JSON.stringify(`${name}.`)},"host":${JSON.stringify(host)},"rtype":"${rtype}"}`);
  }
}
