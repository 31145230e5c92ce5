/** What nft lists to services as they are. What is in the tables and not of our making is left out, or reads as a service without targets. */
import { parseAddress } from "../../base/addresses.js";
import { jsonIn } from "../../base/lenient.js";
import { type Actual, type ActualService, type ActualTarget, targetKey } from "../model.js";
import { isInRange, type Ranges } from "../ranges.js";
import { BASE_RULES, chainOf, serviceOfChain } from "./ruleset.js";

export interface Table {
  /** Whether all stands that no service has by itself. Without that no service takes connections. */
  readonly isWhole: boolean;
  readonly services: Actual;
}

/**
 * @param text what `nft -j list table` says
 * @returns `undefined` if it is nothing of the kind
 */
export function parseTable(text: string, ranges: Ranges): Table | undefined {
  const objects = listOf(fieldOf(jsonIn(text), "nftables"));
  if (!objects) return undefined;
  const rules = rulesByChain(objects);
  const reached = new Set(objects.flatMap(chainsReachedBy));
  const literals = new Set(objects.flatMap(literalsIn));
  const isWhole = Object.entries(BASE_RULES).every(([chain, count]) => rules.get(chain)?.length === count);
  const services = [...rules].flatMap(([chain, [rule, ...others]]): ActualService[] => {
    const service = serviceOfChain(chain);
    if (!service || chainOf(service) !== chain) return [];
    const targets = others.length === 0 ? targetsOf(rule) : [];
    const isKnown = isInRange(service.address, ranges) || literals.has(service.address);
    return [{ ...service, isOpen: isWhole && isKnown && rule !== undefined && reached.has(chain), targets }];
  });
  return { isWhole, services };
}

/** The expressions of each rule, also for chains without any. */
function rulesByChain(objects: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const rules = new Map<string, unknown[]>();
  for (const object of objects) {
    const chain = textOf(fieldOf(object, "chain", "name"));
    if (chain !== undefined) rules.set(chain, []);
  }
  for (const object of objects) {
    const rule = fieldOf(object, "rule");
    rules.get(textOf(fieldOf(rule, "chain")) ?? "")?.push(fieldOf(rule, "expr"));
  }
  return rules;
}

/** The chains that elements of `services` lead to. */
function chainsReachedBy(object: unknown): readonly string[] {
  const map = fieldOf(object, "map");
  if (fieldOf(map, "name") !== "services") return [];
  return (listOf(fieldOf(map, "elem")) ?? []).flatMap((element) => textOf(fieldOf(element, 1, "jump", "target")) ?? []);
}

/** The addresses outside of the range that are virtual. */
function literalsIn(object: unknown): readonly string[] {
  const set = fieldOf(object, "set");
  if (fieldOf(set, "name") !== "literals") return [];
  return (listOf(fieldOf(set, "elem")) ?? []).flatMap((element) => parseAddress(textOf(element) ?? "")?.text ?? []);
}

/** The weight of a target is how many numbers lead to it. */
function targetsOf(expressions: unknown): readonly ActualTarget[] {
  const dnat = (listOf(expressions) ?? []).find((expression) => fieldOf(expression, "dnat") !== undefined);
  const targets = new Map<string, ActualTarget>();
  for (const entry of listOf(fieldOf(dnat, "dnat", "addr", "map", "data", "set")) ?? []) {
    // nft spells some IPv6 addresses in another way.
    const ip = parseAddress(textOf(fieldOf(entry, 1, "concat", 0)) ?? "")?.text;
    const port = fieldOf(entry, 1, "concat", 1);
    if (ip === undefined || typeof port !== "number") continue;
    const key = targetKey({ ip, port });
    const weight = (targets.get(key)?.weight ?? 0) + widthOf(fieldOf(entry, 0));
    // Whether it has connections is not known, and nobody asks: who is left out here is not listed any more.
    targets.set(key, { ip, port, weight, isRetired: false, isIdle: false });
  }
  return [...targets.values()];
}

/** How many numbers a key has: a number is one, `{"range":[0,7]}` is eight. */
function widthOf(numbers: unknown): number {
  const [first, last] = [fieldOf(numbers, "range", 0), fieldOf(numbers, "range", 1)];
  return typeof first === "number" && typeof last === "number" ? last - first + 1 : 1;
}

function fieldOf(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
