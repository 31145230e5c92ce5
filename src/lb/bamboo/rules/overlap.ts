import type { Criteria, Match } from "./criteria.js";

/**
 * Why a rule takes another app's requests away, or gets none itself, as a clause; `undefined` if none is known. Knows the criteria for
 * hosts and paths that are most used: what it cannot read it lets pass.
 */
export function overlapOf(own: Criteria, others: Iterable<Criteria>): string | undefined {
  for (const other of others) {
    if (other.id === own.id) continue;
    const isSame = own.acl !== "" && own.acl === other.acl;
    if (isSame || covers(own.matches, other.matches)) {
      return `it would take every request that the rule of ${other.id} is for`;
    }
    if (covers(other.matches, own.matches)) return `the rule of ${other.id} takes every request that it is for`;
  }
  return undefined;
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
