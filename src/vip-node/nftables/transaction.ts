/** Steps to one script for nft, all of which happens at once or not at all. */
import { type ServiceAddress, serviceKey, type Target } from "../model.js";
import type { Step } from "../plan.js";
import { chainOf, familyOf, isInRange, type Ranges, TABLE } from "./ruleset.js";

/** What becomes of one service. */
export interface Change {
  readonly service: ServiceAddress;
  /** Who gets new connections from now on, nobody for one that refuses them; absent for a service that goes away. */
  readonly targets?: readonly Target[];
  /** The steps that it does. */
  readonly steps: readonly Step[];
}

/** One change for each service that has steps, in their order. */
export function changesOf(steps: readonly Step[]): readonly Change[] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const key = serviceKey(step.service);
    const group = groups.get(key);
    if (group) group.push(step);
    else groups.set(key, [step]);
  }
  return [...groups.values()].map(changeOf);
}

function changeOf(steps: readonly Step[]): Change {
  // All others say what the service should be in the end.
  const last = steps.at(-1) as Step;
  if (last.kind === "remove-service") return { service: last.service, steps };
  const targets = last.service.targets.filter(({ weight }) => weight > 0);
  return { service: last.service, targets, steps };
}

export interface Surroundings {
  readonly ranges: Ranges;
  /** The services that stand before. */
  readonly standing: Iterable<ServiceAddress>;
}

/** Lines for nft. Doing them again changes nothing. */
export function scriptOf(changes: readonly Change[], surroundings: Surroundings): string {
  const lines = changes.flatMap((change) =>
    change.targets ? linesToPut(change.service, change.targets) : linesToRemove(change.service),
  );
  return `${[...lines, ...linesForLiterals(changes, surroundings)].join("\n")}\n`;
}

function linesToPut(service: ServiceAddress, targets: readonly Target[]): readonly string[] {
  const [chain, element] = namesOf(service);
  const rule = targets.length === 0 ? [] : [`add rule ${chain} ${ruleFor(service, targets)}`];
  return [`add chain ${chain}`, `flush chain ${chain}`, ...rule, `add element ${element}`];
}

/** What is added first is there to be deleted, whatever stood before. The element holds the chain. */
function linesToRemove(service: ServiceAddress): readonly string[] {
  const [chain, element] = namesOf(service);
  return [
    `add chain ${chain}`,
    `add element ${element}`,
    `delete element ${element}`,
    `flush chain ${chain}`,
    `delete chain ${chain}`,
  ];
}

/** Each target has as many numbers as its weight: so the weights can be read back as they are. */
function ruleFor({ protocol, address }: ServiceAddress, targets: readonly Target[]): string {
  let next = 0;
  const entries = targets.map(({ ip, port, weight }) => {
    const first = next;
    next += weight;
    return `${weight === 1 ? first : `${first}-${next - 1}`} : ${ip} . ${port}`;
  });
  const choice = `numgen random mod ${next} map { ${entries.join(", ")} }`;
  return `meta l4proto ${protocol} dnat ${familyOf(address)} to ${choice}`;
}

function namesOf(service: ServiceAddress): readonly [chain: string, element: string] {
  const { address, port, protocol } = service;
  const table = `${familyOf(address)} ${TABLE}`;
  const chain = chainOf(service);
  return [`${table} ${chain}`, `${table} services { ${address} . ${protocol} . ${port} : jump ${chain} }`];
}

/** An address outside of the range is listed as long as it has a service. */
function linesForLiterals(changes: readonly Change[], { ranges, standing }: Surroundings): readonly string[] {
  const touched = new Map(changes.map((change) => [serviceKey(change.service), change]));
  const literals = changes.filter(({ service }) => !isInRange(service.address, ranges));
  const staying = new Set<string>();
  for (const service of standing) if (!touched.has(serviceKey(service))) staying.add(service.address);
  for (const { service, targets } of literals) if (targets) staying.add(service.address);
  return [...new Set(literals.map(({ service }) => service.address))].flatMap((address) => {
    const element = `element ${familyOf(address)} ${TABLE} literals { ${address} }`;
    return staying.has(address) ? [`add ${element}`] : [`add ${element}`, `delete ${element}`];
  });
}
