import { parseAddress } from "../../base/addresses.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { fits, type Label } from "../../sources/mesos/facts/facts.js";
import { RFC1123, toLabel } from "../../wire/labels.js";
import { distinctTags, labelOf, metaIn, metaOf, namesService, portWordOf, tagsIn, wordOf } from "./labels.js";
import type { ConsulNode, FrameworkName, Place, Registration, RegistryRules } from "./model.js";
import { placeOf } from "./place.js";
import { type ServicePort, servicePortsOf } from "./ports.js";

/** A port with a longer name or id is left out. Mesos makes folders named by ids, so they have at most 255 bytes. */
const MAX_NAME_BYTES = 1_024;
/** Characters of names, tags and meta of all ports of a task: ports beyond are left out. Real tasks have a few hundred. */
const MAX_TASK_CHARS = 262_144;

/** A running task, and where it is. */
export interface PlacedTask {
  readonly task: Task;
  readonly framework: FrameworkName;
  readonly node: ConsulNode;
}

export interface TaskRegistrations {
  readonly registrations: readonly Registration[];
  /** How many are left out: without a name, or over a limit. */
  readonly skipped: number;
}

const NONE: TaskRegistrations = { registrations: [], skipped: 0 };

/** What a running task is registered as: one instance a port, or one without. */
export function registrationsOf(placed: PlacedTask, rules: RegistryRules): TaskRegistrations {
  const { task } = placed;
  const labels = task.facts?.labels ?? [];
  if (wordOf(labels, "IGNORE") !== undefined) return NONE;
  if (rules.register === "labelled" && !namesService(labels)) return NONE;
  const all = servicePortsOf(task);
  const ports = all.length === 0 ? [PORTLESS] : all.filter((port) => !isIgnored(port, labels));
  const place = placeOfTask(placed, rules);
  const base = baseName(task, labels);
  const ownId = ports.length === 1 ? wordOf(labels, "ID") : undefined;
  const found = ports.flatMap((port, index) => {
    const names = namesOf(port, labels, base, index);
    return names.map((name) => registrationOf(placed, rules, { name, port, place, ownId }));
  });
  return withinLimits(found);
}

const PORTLESS: ServicePort = { number: 0, numbers: [], name: "", labels: [], isUdp: false };

function isIgnored({ numbers, labels: own }: ServicePort, labels: readonly Label[]): boolean {
  return portWordOf(labels, numbers, "IGNORE") !== undefined || wordOf(own, "IGNORE") !== undefined;
}

interface Parts {
  readonly name: string;
  readonly port: ServicePort;
  readonly place: Place;
  /** Of a task with one port. */
  readonly ownId: string | undefined;
}

function registrationOf(
  { task, framework, node }: PlacedTask,
  rules: RegistryRules,
  { name, port, place, ownId }: Parts,
): Registration {
  const labels = task.facts?.labels ?? [];
  const { number, numbers, isUdp } = port;
  const meta = metaIn(labels, numbers);
  for (const [key, value] of metaIn(port.labels)) meta.set(key, value);
  const tags = [
    ...rules.tags,
    ...tagsIn(labels, portWordOf(labels, numbers, "TAGS")),
    ...tagsIn(port.labels),
    ...(port.name === "" ? [] : [port.name]),
    ...(isUdp ? ["udp"] : []),
  ];
  const id = portWordOf(labels, numbers, "ID") || wordOf(port.labels, "ID") || ownId;
  return {
    ...place,
    wishedId: id || `${node.name}:${task.id}:${number}${isUdp ? ":udp" : ""}`,
    name,
    tags: distinctTags(tags),
    meta: metaOf(meta, [
      ["mesos-task-id", task.id],
      ["mesos-framework", framework.name],
    ]),
    port: number,
  };
}

/** The name of the first port, on which those of the others are based. */
function baseName(task: Task, labels: readonly Label[]): string {
  const renamed = toLabel(labelOf(labels, "overrideTaskName") ?? "", RFC1123);
  const usual = task.discovery?.name ?? task.name;
  const own = wordOf(labels, "NAME") || consulName(labelOf(labels, "consul") ?? "") || renamed;
  // A name that no label can be made of is kept: the API has it, and DNS does not.
  return own || toLabel(usual, RFC1123) || usual;
}

/** The names of one port: several where marathon-consul's label is a list. */
function namesOf(port: ServicePort, labels: readonly Label[], base: string, index: number): readonly string[] {
  const own = portWordOf(labels, port.numbers, "NAME") || wordOf(port.labels, "NAME");
  if (own) return [own];
  const listed = labelOf(port.labels, "consul");
  if (listed === undefined) return [index === 0 ? base : base + suffixOf(port, index)];
  return [...new Set(listed.split(",").map((name) => consulName(name.trim()) || base))];
}

/** marathon-consul's rule: `/pay/checkout` is `pay.checkout`; "" and "true" say that there is a service, and not how it is called. */
function consulName(label: string): string {
  return label === "true" ? "" : label.replace(/^\/+|\/+$/g, "").replaceAll("/", ".");
}

function suffixOf({ name }: ServicePort, index: number): string {
  return `-${toLabel(name, RFC1123) || `port${index + 1}`}`;
}

/**
 * The agent's place if its ports lead to the container, if they are all that the task has, or if the task has no address of its own;
 * else the task's own.
 */
function placeOfTask({ task, node }: PlacedTask, { ipSources }: RegistryRules): Place {
  const atAgent = { address: node.address, ipv4: node.ipv4, ipv6: node.ipv6 };
  const isResources = (task.discovery?.ports.length ?? 0) === 0 && task.ports.length > 0;
  if (task.mapsPorts || task.networkMapsPorts || isResources) return atAgent;
  for (const source of ipSources) {
    if (source === "host") return atAgent;
    const own = (task.addresses[source] ?? []).filter((text) => parseAddress(text) !== undefined);
    if (own.length > 0) return placeOf(own, node.address);
  }
  return atAgent;
}

function withinLimits(found: readonly Registration[]): TaskRegistrations {
  let chars = 0;
  const registrations = found.filter((each) => {
    chars += charsOf(each);
    const fitting = each.name !== "" && [each.name, each.wishedId].every((text) => fits(text, MAX_NAME_BYTES));
    return fitting && chars <= MAX_TASK_CHARS;
  });
  return { registrations, skipped: found.length - registrations.length };
}

function charsOf({ name, wishedId, tags, meta }: Registration): number {
  let sum = name.length + wishedId.length;
  for (const tag of tags) sum += tag.length;
  for (const [key, value] of meta) sum += key.length + value.length;
  return sum;
}
