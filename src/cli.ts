/** The command line: what a person asks the program to do. Pure; main.ts does it. */
import { MesosDnsError } from "./errors.js";
import type { Verbosity } from "./log.js";

export type Command =
  | {
      readonly kind: "serve";
      readonly configFile: string;
      readonly verbosity: Verbosity;
      /** Only validate the configuration, then exit. */
      readonly check: boolean;
      /** Take the place of the process that has the ports. */
      readonly takeOver: boolean;
    }
  /** `configFile` is absent where none was named: the defaults are meant then. */
  | { readonly kind: "zone"; readonly stateFile: string; readonly configFile?: string; readonly zone?: string }
  | { readonly kind: "version" }
  | { readonly kind: "help" };

export const HELP = `Usage: mesos-dns [-config=FILE] [-v=0|1|2] [-take-over] [--check]
       mesos-dns zone --state FILE [--config FILE] [--zone NAME]

Serves the names of a Mesos cluster's tasks over DNS and HTTP.

  -config FILE    the configuration (default: config.json)
  -v LEVEL        what to log: 0 what an operator must know, 1 every change, 2 everything (default: 0)
  -take-over      start beside the process that runs, and answer with it until that one is stopped
  --check         validate the configuration, say what is wrong with it, and exit
  -version        print the version and exit
  -help, -h       print this help and exit

  zone            print the zone that would be served, as a master file
    --state FILE    the state to serve, as a Mesos master's /state answers it
    --config FILE   the configuration (default: the defaults of every key)
    --zone NAME     which zone, where there are several (default: the domain)

Flags may be written with one dash or two, their values after "=" or as the next word.
Signals: SIGHUP reads the configuration again, SIGTERM stops the server.
`;

const DEFAULT_CONFIG_FILE = "config.json";

type FlagKind = "value" | "switch";

const SERVE_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["config", "value"],
  ["v", "value"],
  ["check", "switch"],
  ["take-over", "switch"],
  ["version", "switch"],
  ["help", "switch"],
  ["h", "switch"],
]);

const ZONE_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["state", "value"],
  ["config", "value"],
  ["zone", "value"],
  ["help", "switch"],
  ["h", "switch"],
]);

/**
 * Reads the words after the program's name. Of a flag given twice the last counts, as in Go.
 * @throws {MesosDnsError} USAGE for what it does not know.
 */
export function parseCommandLine(argv: readonly string[]): Command {
  return argv[0] === "zone" ? parseZone(argv.slice(1)) : parseServe(argv);
}

function parseServe(argv: readonly string[]): Command {
  const flags = parseFlags(argv, SERVE_FLAGS);
  if (flags.has("help") || flags.has("h")) return { kind: "help" };
  if (flags.has("version")) return { kind: "version" };
  return {
    kind: "serve",
    configFile: flags.get("config") ?? DEFAULT_CONFIG_FILE,
    verbosity: parseVerbosity(flags.get("v") ?? "0"),
    check: flags.has("check"),
    takeOver: flags.has("take-over"),
  };
}

function parseZone(argv: readonly string[]): Command {
  const flags = parseFlags(argv, ZONE_FLAGS);
  if (flags.has("help") || flags.has("h")) return { kind: "help" };
  const stateFile = flags.get("state");
  const configFile = flags.get("config");
  const zone = flags.get("zone");
  if (stateFile === undefined) throw usage("zone needs --state FILE");
  return {
    kind: "zone",
    stateFile,
    ...(configFile !== undefined && { configFile }),
    ...(zone !== undefined && { zone }),
  };
}

/** The flags given, without dashes. A switch has an empty value; one turned off (`-version=false`) is not there. */
function parseFlags(argv: readonly string[], known: ReadonlyMap<string, FlagKind>): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  const words = argv.values();
  for (const word of words) {
    const { name, attached } = /^--?(?<name>[^-=][^=]*)(?:=(?<attached>.*))?$/s.exec(word)?.groups ?? {};
    if (name === undefined) throw usage(`unexpected argument ${JSON.stringify(word)}`);
    const kind = known.get(name);
    if (kind === undefined) throw usage(`unknown flag ${word}`);
    if (kind === "value") flags.set(name, requireValue(word, attached ?? words.next().value));
    else if (isSwitchedOn(word, attached)) flags.set(name, "");
    else flags.delete(name);
  }
  return flags;
}

function requireValue(word: string, value: string | undefined): string {
  if (value === undefined || value === "") throw usage(`${word} needs a value`);
  return value;
}

/** Go's switches may say `=true` or `=false`. */
function isSwitchedOn(word: string, attached: string | undefined): boolean {
  if (attached === undefined || attached === "true") return true;
  if (attached === "false") return false;
  throw usage(`${word} takes no value`);
}

function parseVerbosity(text: string): Verbosity {
  switch (text) {
    case "0":
      return 0;
    case "1":
      return 1;
    case "2":
      return 2;
    default:
      throw usage(`-v must be 0, 1 or 2, not ${JSON.stringify(text)}`);
  }
}

function usage(problem: string): MesosDnsError {
  return new MesosDnsError("USAGE", `${problem}; see mesos-dns --help`);
}
