import type { Rule } from "./rule.js";

/** What of a request one value of an Acl is compared with, and how. */
interface Match {
  readonly what: "host" | "path";
  readonly how: "is" | "begins" | "ends" | "domain";
  readonly value: string;
  readonly ignoresCase: boolean;
}

const CRITERIA: ReadonlyMap<string, Pick<Match, "what" | "how">> = new Map([
  ["hdr(host)", { what: "host", how: "is" }],
  ["hdr_beg(host)", { what: "host", how: "begins" }],
  ["hdr_end(host)", { what: "host", how: "ends" }],
  ["hdr_dom(host)", { what: "host", how: "domain" }],
  ["path", { what: "path", how: "is" }],
  ["path_beg", { what: "path", how: "begins" }],
  ["path_end", { what: "path", how: "ends" }],
] as const);

/**
 * Why a rule takes another app's requests away, or gets none itself, as a clause; `undefined` if none is known. Knows the criteria for
 * hosts and paths that are most used: what it cannot read it lets pass.
 */
export function overlapOf(rule: Rule, others: Iterable<Rule>): string | undefined {
  const own = matchesOf(rule);
  for (const other of others) {
    if (other.id === rule.id) continue;
    const theirs = matchesOf(other);
    if (covers(own, theirs) || isEqual(rule, other))
      return `it would take every request that the rule of ${other.id} is for`;
    if (covers(theirs, own)) return `the rule of ${other.id} takes every request that it is for`;
  }
  return undefined;
}

function isEqual(a: Rule, b: Rule): boolean {
  return aclOf(a) !== "" && aclOf(a) === aclOf(b);
}

function aclOf({ acl, config }: Rule): string {
  return (acl || (config?.get("Acl") ?? "")).trim().replace(/\s+/g, " ");
}

/** One of them is enough. Empty if the Acl cannot be read. */
function matchesOf(rule: Rule): readonly Match[] {
  const [criterion = "", ...words] = aclOf(rule).split(" ");
  const known = CRITERIA.get(criterion.toLowerCase());
  const flags = words.filter((word) => word.startsWith("-"));
  if (!known || flags.some((flag) => flag !== "-i")) return [];
  const ignoresCase = flags.length > 0;
  return words
    .filter((word) => !word.startsWith("-"))
    .map((value) => ({ ...known, value: ignoresCase ? value.toLowerCase() : value, ignoresCase }));
}

/** Whether every request of the others is one of these too. */
function covers(these: readonly Match[], others: readonly Match[]): boolean {
  if (these.some(isAll)) return true;
  return others.length > 0 && others.every((other) => these.some((match) => coversOne(match, other)));
}

/** Every path begins with a slash. */
function isAll({ what, how, value }: Match): boolean {
  return what === "path" && how === "begins" && value === "/";
}

function coversOne(match: Match, other: Match): boolean {
  if (match.what !== other.what || (other.ignoresCase && !match.ignoresCase)) return false;
  const value = match.ignoresCase ? other.value.toLowerCase() : other.value;
  const isSame = match.how === other.how && match.value === value;
  switch (match.how) {
    case "is":
      return isSame;
    case "begins":
      return (other.how === "is" || other.how === "begins") && value.startsWith(match.value);
    case "ends":
      return (other.how === "is" || other.how === "ends") && value.endsWith(match.value);
    case "domain":
      return (other.how === "is" || other.how === "domain") && `.${value}.`.includes(`.${match.value}.`);
  }
}
