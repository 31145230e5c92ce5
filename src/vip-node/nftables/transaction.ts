/** Steps to one script for nft, all of which happens at once or not at all. */
import { type ServiceAddress, serviceKey, type Target } from "../model.js";
import type { Step } from "../plan.js";
import { familyOf, isInRange, type Ranges } from "../ranges.js";
import { chainOf, TABLE } from "./ruleset.js";

/** Numbers of a map that are written one by one. */
const MOST_NUMBERS = 128;

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

/** What a script has to know of the tables. */
export interface Surroundings {
  readonly ranges: Ranges;
  /** The services that stand before, by their keys; open where the map leads to them. */
  readonly standing: ReadonlyMap<string, ServiceAddress & { readonly isOpen: boolean }>;
}

/** Lines for nft, those of each change by themselves, and then those that they have in common. */
export interface Script {
  readonly changes: readonly (readonly string[])[];
  readonly common: readonly string[];
}

export function scriptOf(changes: readonly Change[], surroundings: Surroundings): Script {
  const { standing } = surroundings;
  const own = changes.map(({ service, targets }) => {
    if (!targets) return linesToRemove(service);
    return linesToPut(service, targets, standing.get(serviceKey(service))?.isOpen ?? false);
  });
  return { changes: own, common: linesForLiterals(changes, surroundings) };
}

/** @param isThere leaves out what stands already: with an element, nft reads all intervals of the table before it does anything */
function linesToPut(service: ServiceAddress, targets: readonly Target[], isThere: boolean): readonly string[] {
  const [chain, element] = namesOf(service);
  const rule = targets.length === 0 ? [] : [`add rule ${chain} ${ruleFor(service, targets)}`];
  if (isThere) return [`flush chain ${chain}`, ...rule];
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

/**
 * Each target has as many numbers as its weight, so that the weights can be read back as they are. A few numbers are written one by one:
 * a map without intervals costs less to add, and above all nothing when something else is added.
 */
function ruleFor({ protocol, address }: ServiceAddress, targets: readonly Target[]): string {
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  let next = 0;
  const entries = targets.flatMap(({ ip, port, weight }) => {
    const first = next;
    next += weight;
    const numbers = sum > MOST_NUMBERS && weight > 1 ? [`${first}-${next - 1}`] : range(first, next);
    return numbers.map((number) => `${number} : ${ip} . ${port}`);
  });
  return `meta l4proto ${protocol} dnat ${familyOf(address)} to numgen random mod ${sum} map { ${entries.join(", ")} }`;
}

function range(first: number, end: number): readonly number[] {
  return Array.from({ length: end - first }, (_, index) => first + index);
}

function namesOf(service: ServiceAddress): readonly [chain: string, element: string] {
  const { address, port, protocol } = service;
  const table = `${familyOf(address)} ${TABLE}`;
  const chain = chainOf(service);
  return [`${table} ${chain}`, `${table} services { ${address} . ${protocol} . ${port} : jump ${chain} }`];
}

/** An address outside of the range is listed as long as it has a service. */
function linesForLiterals(changes: readonly Change[], { ranges, standing }: Surroundings): readonly string[] {
  const touched = new Set(changes.map(({ service }) => serviceKey(service)));
  const literals = changes.filter(({ service }) => !isInRange(service.address, ranges));
  const staying = new Set<string>();
  for (const [key, { address }] of standing) if (!touched.has(key)) staying.add(address);
  for (const { service, targets } of literals) if (targets) staying.add(service.address);
  return [...new Set(literals.map(({ service }) => service.address))].flatMap((address) => {
    const element = `element ${familyOf(address)} ${TABLE} literals { ${address} }`;
    return staying.has(address) ? [`add ${element}`] : [`add ${element}`, `delete ${element}`];
  });
}
