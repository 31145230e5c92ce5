import type { Rule } from "./rule.js";

/** What is understood of Acls: the criteria for hosts and paths that are most used. */

/** What of a request one value of an Acl is compared with, and how. */
export interface Match {
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

/** What a rule asks of a request. */
export interface Criteria {
  readonly id: string;
  /** Its Acl with single blanks. */
  readonly acl: string;
  /** One of these is enough. Empty if the Acl is not understood. */
  readonly matches: readonly Match[];
}

export function criteriaOf(rule: Rule): Criteria {
  const acl = aclOf(rule);
  return { id: rule.id, acl, matches: matchesIn(acl) };
}

function aclOf({ acl, config }: Rule): string {
  return (acl || (config?.get("Acl") ?? "")).trim().replace(/\s+/g, " ");
}

function matchesIn(acl: string): readonly Match[] {
  const [criterion = "", ...words] = acl.split(" ");
  const known = CRITERIA.get(criterion.toLowerCase());
  const flags = words.filter((word) => word.startsWith("-"));
  if (!known || flags.some((flag) => flag !== "-i")) return [];
  const ignoresCase = flags.length > 0;
  return words
    .filter((word) => !word.startsWith("-"))
    .map((value) => ({ ...known, value: ignoresCase ? value.toLowerCase() : value, ignoresCase }));
}

/** A request, as far as rules look at it. */
export interface RequestLine {
  /** In lower case, without a port. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
}

/** Whether a request is one that a rule is for. */
export function isMet({ what, how, value, ignoresCase }: Match, request: RequestLine): boolean {
  const given = ignoresCase ? request[what].toLowerCase() : request[what];
  switch (how) {
    case "is":
      return given === value;
    case "begins":
      return given.startsWith(value);
    case "ends":
      return given.endsWith(value);
    case "domain":
      return `.${given}.`.includes(`.${value}.`);
  }
}
