/** What nft lists to services as they are. What is in the tables and not of our making is left out, or reads as a service without targets. */
import type { Actual, ActualService, ActualTarget } from "../model.js";
import { chainOf, serviceOfChain } from "./ruleset.js";

/** @param text what `nft -j list table` says @returns `undefined` if it is nothing of the kind */
export function parseTable(text: string): Actual | undefined {
  const objects = listOf(fieldOf(parsedJson(text), "nftables"));
  if (!objects) return undefined;
  const chains = objects.flatMap((object) => textOf(fieldOf(object, "chain", "name")) ?? []);
  const rules = new Map<string, unknown[]>();
  for (const object of objects) {
    const rule = fieldOf(object, "rule");
    const chain = textOf(fieldOf(rule, "chain"));
    if (chain !== undefined) rules.set(chain, [...(rules.get(chain) ?? []), fieldOf(rule, "expr")]);
  }
  const reached = new Set(objects.flatMap(chainsReachedBy));
  return chains.flatMap((chain): ActualService[] => {
    const service = serviceOfChain(chain);
    if (!service || chainOf(service) !== chain) return [];
    const [rule, ...others] = rules.get(chain) ?? [];
    const targets = others.length === 0 ? targetsOf(rule) : [];
    return [{ ...service, isOpen: rule !== undefined && reached.has(chain), targets }];
  });
}

/** The chains that elements of `services` lead to. */
function chainsReachedBy(object: unknown): readonly string[] {
  const map = fieldOf(object, "map");
  if (fieldOf(map, "name") !== "services") return [];
  return (listOf(fieldOf(map, "elem")) ?? []).flatMap((element) => textOf(fieldOf(element, 1, "jump", "target")) ?? []);
}

function targetsOf(expressions: unknown): readonly ActualTarget[] {
  const dnat = (listOf(expressions) ?? []).find((expression) => fieldOf(expression, "dnat") !== undefined);
  const entries = listOf(fieldOf(dnat, "dnat", "addr", "map", "data", "set")) ?? [];
  return entries.flatMap((entry) => {
    const ip = textOf(fieldOf(entry, 1, "concat", 0));
    const port = fieldOf(entry, 1, "concat", 1);
    if (ip === undefined || typeof port !== "number") return [];
    // Whether it has connections is not known, and nobody asks: who is left out here is not listed any more.
    return [{ ip, port, weight: widthOf(fieldOf(entry, 0)), isRetired: false, isIdle: false }];
  });
}

/** How many numbers lead to a target: a number is one, `{"range":[0,7]}` is eight. */
function widthOf(numbers: unknown): number {
  const [first, last] = [fieldOf(numbers, "range", 0), fieldOf(numbers, "range", 1)];
  return typeof first === "number" && typeof last === "number" ? last - first + 1 : 1;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
