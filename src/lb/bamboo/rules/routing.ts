import { byteOrder } from "../../../base/byte-order.js";
import { isMet, matchesOf, type RequestLine } from "./criteria.js";
import { overlapOf } from "./overlap.js";
import type { Rule } from "./rule.js";

/** How many rules are compared with all others. Beyond that it would take seconds. */
const MAX_COMPARED = 1_000;

/** The app that gets a request. */
export interface Route {
  /** `undefined` if no rule that is understood is for it. */
  readonly id: string | undefined;
  /** Apps whose rules are not understood, and come before: they may get it instead. */
  readonly unclear: readonly string[];
}

/** Whose rule a request meets first, in the order of ids, which is the one of Bamboo's template. */
export function routeOf(rules: Iterable<Rule>, request: RequestLine): Route {
  const unclear: string[] = [];
  for (const rule of inOrder(rules)) {
    const matches = matchesOf(rule);
    if (matches.some((match) => isMet(match, request))) return { id: rule.id, unclear };
    if (matches.length === 0) unclear.push(rule.id);
  }
  return { id: undefined, unclear };
}

/** What of each rule overlaps with another one, as a clause, by the id of its app. Empty if there are very many rules. */
export function overlapsIn(rules: ReadonlyMap<string, Rule>): ReadonlyMap<string, string> {
  if (rules.size > MAX_COMPARED) return new Map();
  const all = inOrder(rules.values());
  return new Map(
    all.flatMap((rule) => {
      const overlap = overlapOf(rule, all);
      return overlap === undefined ? [] : [[rule.id, overlap]];
    }),
  );
}

function inOrder(rules: Iterable<Rule>): readonly Rule[] {
  return [...rules].sort((a, b) => byteOrder(a.id, b.id));
}
