import type { Cluster, Framework, Task } from "../mesos/cluster.js";
import { inChunks } from "../text-chunks.js";
import type { Address } from "./addresses.js";
import type { Generator as RecordGenerator, RecordSink } from "./generate.js";

/**
 * Every running task with the records that are published for it, in chunks of JSON text:
 *
 *     {"frameworks":[{"name":"…","tasks":[{"name":"…","id":"…","records":[{"name":"…","host":"…","rtype":"A"}]}]}]}
 *
 * Names end with a dot; `host` is an address, or for an SRV record `target.:port`. As in Mesos-DNS, a task whose agent
 * has no known address is not listed, and a task whose name gives no DNS name is listed without records.
 */
export function enumerate(generator: RecordGenerator, cluster: Cluster): Generator<string> {
  return inChunks(pieces(generator, cluster));
}

function* pieces(generator: RecordGenerator, cluster: Cluster): Generator<string> {
  yield '{"frameworks":[';
  let separator = "";
  for (const framework of cluster.frameworks) {
    yield `${separator}{"name":${JSON.stringify(framework.name)},"tasks":[`;
    yield* tasks(generator, framework);
    yield "]}";
    separator = ",";
  }
  yield "]}";
}

function* tasks(generator: RecordGenerator, framework: Framework): Generator<string> {
  let separator = "";
  for (const task of framework.tasks) {
    const records = new JsonRecords();
    const problem = generator.taskRecords(framework, task, records);
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

  address(name: string, { family, text }: Address): void {
    this.#add(name, text, family === 4 ? "A" : "AAAA");
  }

  service(name: string, target: string, port: number): void {
    this.#add(name, `${target}.:${port}`, "SRV");
  }

  get text(): string {
    return [...this.#records].join(",");
  }

  #add(name: string, host: string, rtype: string): void {
    this.#records.add(`{"name":${JSON.stringify(`${name}.`)},"host":${JSON.stringify(host)},"rtype":"${rtype}"}`);
  }
}
