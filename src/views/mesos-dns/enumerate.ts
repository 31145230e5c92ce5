import type { Address } from "../../base/addresses.js";
import { inChunks } from "../../base/text-chunks.js";
import type { ZoneConfig } from "../../config/config.js";
import type { Framework, Task } from "../../sources/mesos/cluster.js";
import type { ClusterFacts } from "../facts.js";
import type { RecordSink } from "../sink.js";
import type { Problem } from "../view.js";
import type { MesosDnsRecords } from "./records.js";
import { domainRecords } from "./view.js";

/** A cluster, and the configuration for its records. */
export interface Published {
  readonly facts: ClusterFacts;
  readonly config: ZoneConfig;
  /** Whether a name has other records, so that those on standby are not published. */
  readonly omitsStandby: (name: string) => boolean;
}

/**
 * Every running task with the records that are published for it, in chunks of JSON text:
 *
 *     {"frameworks":[{"name":"…","tasks":[{"name":"…","id":"…","records":[{"name":"…","host":"…","rtype":"A"}]}]}]}
 *
 * Names end with a dot; `host` is an address, or for an SRV record `target.:port`. As in Mesos-DNS, only names of the domain are
 * listed. A task whose agent has no known address is not listed; a task whose name cannot become a DNS name is listed without records.
 *
 * `omitsStandby` is called only before the first chunk.
 */
export function enumerate(published: Published): Generator<string> {
  return inChunks(pieces(published, omittedNames(published, published.facts.cluster.frameworks)));
}

/** The records of one task, as in the list of all, and why it has none or not all. */
export function recordsOfTask(published: Published, framework: Framework, task: Task): TaskRecords {
  const json = new JsonRecords(omittedNames(published, [{ ...framework, tasks: [task] }]));
  const problem = domainRecords(published.facts, published.config, json).task(framework, task);
  return { problem, records: JSON.parse(`[${json.take()}]`) };
}

export interface TaskRecords {
  readonly problem: Problem | undefined;
  readonly records: readonly { readonly name: string; readonly host: string; readonly rtype: string }[];
}

/** The names of which records on standby are not published. @param frameworks whose tasks count */
function omittedNames(
  { facts, config, omitsStandby }: Published,
  frameworks: readonly Framework[],
): ReadonlySet<string> {
  const omitted = new Set<string>();
  if (config.healthPolicy === "ignore") return omitted;
  const note = (name: string, standby: boolean | undefined) => {
    if (standby && omitsStandby(name)) omitted.add(name);
  };
  const records = domainRecords(facts, config, {
    address: (name, _address, standby) => note(name, standby),
    service: (name, _target, _port, standby) => note(name, standby),
    pointer: () => undefined,
    character: () => undefined,
  });
  for (const framework of frameworks)
    for (const task of framework.tasks) if (task.unhealthy) records.task(framework, task);
  return omitted;
}

function* pieces({ facts, config }: Published, omitted: ReadonlySet<string>): Generator<string> {
  const json = new JsonRecords(omitted);
  const records = domainRecords(facts, config, json);
  yield '{"frameworks":[';
  let separator = "";
  for (const framework of facts.cluster.frameworks) {
    yield `${separator}{"name":${JSON.stringify(framework.name)},"tasks":[`;
    yield* tasks(framework, records, json);
    yield "]}";
    separator = ",";
  }
  yield "]}";
}

function* tasks(framework: Framework, records: MesosDnsRecords, json: JsonRecords): Generator<string> {
  let separator = "";
  for (const task of framework.tasks) {
    const problem = records.task(framework, task);
    const text = json.take();
    if (problem && problem.reason !== "invalid_name") continue;
    yield separator + taskText(task, text);
    separator = ",";
  }
}

function taskText({ name, id }: Task, records: string): string {
  return `{"name":${JSON.stringify(name)},"id":${JSON.stringify(id)},"records":[${records}]}`;
}

/** Collects the records of one task as JSON, without duplicates: two spellings of a name can result in the same record. */
class JsonRecords implements RecordSink {
  readonly #records = new Set<string>();
  readonly #omitted: ReadonlySet<string>;

  /** @param omitted the names of which records on standby are left out */
  constructor(omitted: ReadonlySet<string>) {
    this.#omitted = omitted;
  }

  address(name: string, { family, text }: Address, standby?: boolean): void {
    this.#add(name, text, family === 4 ? "A" : "AAAA", standby);
  }

  service(name: string, target: string, port: number, standby?: boolean): void {
    this.#add(name, `${target}.:${port}`, "SRV", standby);
  }

  pointer(name: string, target: string): void {
    this.#add(name, `${target}.`, "PTR", false);
  }

  character(name: string, character: string): void {
    this.#add(name, character, "TXT", false);
  }

  /** Returns what has been collected, and begins with the next task. */
  take(): string {
    const text = [...this.#records].join(",");
    this.#records.clear();
    return text;
  }

  #add(name: string, host: string, rtype: string, standby: boolean | undefined): void {
    if (standby && this.#omitted.has(name)) return;
    this.#records.add(`{"name":${JSON.stringify(`${name}.`)},"host":${JSON.stringify(host)},"rtype":"${rtype}"}`);
  }
}
