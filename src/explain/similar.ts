import { editDistance } from "../base/spelling.js";
import { namingRulesOf } from "../views/mesos-dns/rules.js";
import { FrameworkNames } from "../views/mesos-dns/shared-names.js";
import type { ExplainBasis } from "./basis.js";
import { type Finding, finding } from "./finding.js";
import { listed } from "./words.js";

const MAX_EDITS = 2;
const MAX_NAMES = 3;
/** Tasks between two pauses. */
const STRIDE = 256;

/** Names of tasks that differ in a letter or two from one that does not exist. Pauses now and then. */
export function* similarTo(name: string, { facts, config }: ExplainBasis): Generator<undefined, readonly Finding[]> {
  const found = new Map<string, number>();
  let count = 0;
  for (const framework of facts.cluster.frameworks) {
    const names = new FrameworkNames(framework.name, namingRulesOf(config));
    for (const task of framework.tasks) {
      for (const { own } of names.spellings(task)) {
        if (own === "" || found.has(own)) continue;
        const edits = editsBetween(name, own, MAX_EDITS);
        if (edits <= MAX_EDITS) found.set(own, edits);
      }
      if (++count % STRIDE === 0) yield;
    }
  }
  const best = [...found].sort(([, a], [, b]) => a - b).slice(0, MAX_NAMES);
  if (best.length === 0) return [];
  return [finding("similar", `Was ${listed(best.map(([each]) => each))} meant?`)];
}

/** The edit distance of two texts (Levenshtein), or more than `most` if it is more. */
export function editsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  // Most names differ at once, or have the same end.
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [from, to] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (Math.abs(from.length - to.length) > most || Math.min(from.length, to.length) > 2 * MAX_DIFFERENT) return most + 1;
  return editDistance(from, to);
}

/** Two texts that differ in more than so many places at a stretch are not similar. */
const MAX_DIFFERENT = 8;
