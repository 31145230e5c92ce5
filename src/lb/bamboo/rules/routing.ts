import { byteOrder } from "../../../base/byte-order.js";
import { type Criteria, criteriaOf, isMet, type RequestLine } from "./criteria.js";
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
  for (const { id, matches } of inOrder(rules)) {
    if (matches.some((match) => isMet(match, request))) return { id, unclear };
    if (matches.length === 0) unclear.push(id);
  }
  return { id: undefined, unclear };
}

/** What of each rule overlaps with another one, as a clause, by the id of its app. Empty if there are very many rules. */
export function overlapsIn(rules: ReadonlyMap<string, Rule>): ReadonlyMap<string, string> {
  if (rules.size > MAX_COMPARED) return new Map();
  const all = inOrder(rules.values());
  return new Map(
    all.flatMap((criteria) => {
      const overlap = overlapOf(criteria, all);
      return overlap === undefined ? [] : [[criteria.id, overlap]];
    }),
  );
}

function inOrder(rules: Iterable<Rule>): readonly Criteria[] {
  return Array.from(rules, criteriaOf).sort((a, b) => byteOrder(a.id, b.id));
}
