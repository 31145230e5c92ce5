import { MesosDnsError } from "../base/errors.js";
import { isLikely } from "../base/spelling.js";

/**
 * A `list` may stand more than once: its values are joined by commas. `level` without a value means 1: it was a switch in the first
 * version of Mesos-DNS. `unused` flags of Mesos-DNS are ignored, with
 * or without a value.
 */
export type FlagKind = "value" | "list" | "switch" | "level" | "unused";

/** The `unused` flags that are switches: the next word is their value only if it is a truth value. */
const UNUSED_SWITCHES: ReadonlySet<string> = new Set(["logtostderr", "alsologtostderr"]);

export const HELP_FLAGS: ReadonlySet<string> = new Set(["-h", "-help", "--help"]);

/** What Go's flag package accepts for true and for false. */
export const TRUE = /^(?:1|t|T|true|TRUE|True)$/;
export const FALSE = /^(?:0|f|F|false|FALSE|False)$/;
export const NUMBER = /^[+-]?\d+$/;

export interface Parsed {
  /** The given flags, without dashes. A switch has an empty value; one that is turned off (`-version=false`) is absent. */
  readonly flags: ReadonlyMap<string, string>;
  /** The words after the flags. */
  readonly rest: readonly string[];
}

/** As in Go, the flags end at `--`, at a single `-`, and at a word without a dash. */
export function parseFlags(argv: readonly string[], known: ReadonlyMap<string, FlagKind>): Parsed {
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    if (word === "--") return { flags, rest: argv.slice(at + 1) };
    if (word === "-" || !word.startsWith("-")) return { flags, rest: argv.slice(at) };
    const { name, attached } = /^--?(?<name>[^-=][^=]*)(?:=(?<attached>.*))?$/s.exec(word)?.groups ?? {};
    if (name === undefined) throw usage(`unexpected argument ${JSON.stringify(word)}`);
    const kind = known.get(name);
    if (kind === undefined) throw usage(`unknown flag ${word}${suggestion(name, known)}`);
    if (kind === "switch") {
      if (isSwitchedOn(word, attached)) flags.set(name, "");
      else flags.delete(name);
      continue;
    }
    const next = attached === undefined && isItsValue(name, kind, argv[at + 1]) ? argv[++at] : undefined;
    const value = attached ?? next;
    if (kind === "list") flags.set(name, [flags.get(name) ?? [], requireValue(word, value)].flat().join(","));
    else flags.set(name, kind === "value" ? requireValue(word, value) : (value ?? "1"));
  }
  return { flags, rest: [] };
}

/** The same for commands of this program alone: other words may stand between the flags. */
export function parseMixed(argv: readonly string[], known: ReadonlyMap<string, FlagKind>): Parsed {
  const first = parseFlags(argv, known);
  const [word, ...behind] = first.rest;
  if (word === undefined) return first;
  const { flags, rest } = parseMixed(behind, known);
  return { flags: new Map([...first.flags, ...flags]), rest: [word, ...rest] };
}

function suggestion(name: string, known: ReadonlyMap<string, FlagKind>): string {
  const meant = [...known.keys()].find((each) => isLikely(name, each));
  return meant === undefined ? "" : `; did you mean ${meant.length > 1 ? "--" : "-"}${meant}?`;
}

/** Whether the word after a flag is the flag's value. */
function isItsValue(name: string, kind: FlagKind, word: string | undefined): boolean {
  if (word === undefined) return false;
  if (kind === "value" || kind === "list" || NUMBER.test(word)) return true;
  if (UNUSED_SWITCHES.has(name)) return TRUE.test(word) || FALSE.test(word);
  return !word.startsWith("-");
}

function requireValue(word: string, value: string | undefined): string {
  if (value === undefined || value === "") throw usage(`${word} needs a value`);
  return value;
}

/** As in Go, a switch may have `=true` or `=false`, in several spellings. */
function isSwitchedOn(word: string, attached: string | undefined): boolean {
  if (attached === undefined || TRUE.test(attached)) return true;
  if (FALSE.test(attached)) return false;
  throw usage(`${word} must be true or false, or have no value`);
}

export function usage(problem: string): MesosDnsError {
  return new MesosDnsError("USAGE", `${problem}; see mesos-dns --help`);
}
