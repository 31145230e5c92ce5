/** Parses the command line into a command. It is pure: main.ts executes the command. */
import type { MesosDnsError } from "../base/errors.js";
import type { Verbosity } from "../base/log.js";
import { isLikely } from "../base/spelling.js";
import { FALSE, type FlagKind, HELP_FLAGS, NUMBER, parseFlags, TRUE, usage } from "./flags.js";
import { SECONDARIES, type SecondaryName } from "./secondaries/plan.js";

export const VIP_ACTIONS = ["run", "plan", "status", "clear"] as const;
export type VipAction = (typeof VIP_ACTIONS)[number];

/** Commands that read the words behind them by themselves. */
const WORD_COMMANDS = ["lb", "explain", "query", "tail", "top", "doctor", "compare", "completion", "manual"] as const;
type WordCommand = (typeof WORD_COMMANDS)[number];
const COMMANDS = ["zone", "vips", "transfer-config", ...WORD_COMMANDS] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Command =
  | {
      readonly kind: "serve";
      readonly configFile: string;
      readonly verbosity: Verbosity;
      /** Only validate the configuration, then exit. */
      readonly check: boolean;
      /** Whether to replace the process that has the ports. */
      readonly takeOver: boolean;
      /** The parts of the command line that have no effect, a sentence each. */
      readonly warnings: readonly string[];
    }
  /** `configFile` is absent if none is named: then the defaults apply. */
  | { readonly kind: "zone"; readonly stateFile: string; readonly configFile?: string; readonly zone?: string }
  | {
      readonly kind: "transfer-config";
      readonly secondary: SecondaryName;
      /** At least one. */
      readonly primaries: readonly string[];
      readonly key?: string;
      readonly configFile: string;
    }
  | {
      readonly kind: "vips";
      readonly action: VipAction;
      readonly configFile: string;
      readonly verbosity: Verbosity;
    }
  /** `words` are those behind the command. */
  | { readonly kind: WordCommand; readonly words: readonly string[] }
  | { readonly kind: "version" }
  /** `of` is absent if all help is wanted. */
  | { readonly kind: "help"; readonly of?: CommandName };

/** As in Go's Mesos-DNS. */
export const DEFAULT_CONFIG_FILE = "config.json";

const SERVE_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["config", "value"],
  ["v", "level"],
  ["vv", "switch"],
  ["check", "switch"],
  ["take-over", "switch"],
  ["version", "switch"],
  ["help", "switch"],
  ["h", "switch"],
  ["logtostderr", "unused"],
  ["alsologtostderr", "unused"],
  ["stderrthreshold", "unused"],
  ["log_dir", "unused"],
  ["vmodule", "unused"],
  ["log_backtrace_at", "unused"],
]);

const ZONE_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["state", "value"],
  ["config", "value"],
  ["zone", "value"],
  ["help", "switch"],
  ["h", "switch"],
]);

const TRANSFER_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["primary", "list"],
  ["key", "value"],
  ["config", "value"],
  ["help", "switch"],
  ["h", "switch"],
]);

const VIP_FLAGS: ReadonlyMap<string, FlagKind> = new Map([
  ["config", "value"],
  ["v", "level"],
  ["help", "switch"],
  ["h", "switch"],
]);

/**
 * Parses the words after the program's name. If a flag is given twice, the last one counts, as in Go.
 * @throws {MesosDnsError} USAGE for an unknown flag, or a missing or wrong value
 */
export function parseCommandLine(argv: readonly string[]): Command {
  const [command, ...rest] = argv;
  if (command === "zone") return parseZone(rest);
  if (command === "vips") return parseVips(rest);
  const own = WORD_COMMANDS.find((name) => name === command);
  if (own) return rest.some((word) => HELP_FLAGS.has(word)) ? { kind: "help", of: own } : { kind: own, words: rest };
  if (command === "transfer-config") return parseTransferConfig(rest);
  if (command === "help") return helpFor(rest[0]);
  if (command === "version") return { kind: "version" };
  // Mesos-DNS would ignore the word, and serve. Who has mistyped a command wants no second server.
  if (command !== undefined && command !== "" && !command.startsWith("-")) throw noCommand(command);
  return parseServe(argv);
}

function helpFor(word: string | undefined): Command {
  if (word === undefined) return { kind: "help" };
  const of = COMMANDS.find((name) => name === word);
  if (of === undefined) throw noCommand(word);
  return { kind: "help", of };
}

function noCommand(word: string): MesosDnsError {
  const meant = COMMANDS.find((name) => isLikely(word, name));
  return usage(`there is no command ${JSON.stringify(word)}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
}

function parseServe(argv: readonly string[]): Command {
  const { flags, rest } = parseFlags(argv, SERVE_FLAGS);
  if (flags.has("help") || flags.has("h")) return { kind: "help" };
  if (flags.has("version")) return { kind: "version" };
  return {
    kind: "serve",
    configFile: flags.get("config") ?? DEFAULT_CONFIG_FILE,
    verbosity: flags.has("vv") ? 2 : parseVerbosity(flags.get("v") ?? "0"),
    check: flags.has("check"),
    takeOver: flags.has("take-over"),
    warnings: [...unusedFlags(flags), ...unusedWords(rest)],
  };
}

function unusedFlags(flags: ReadonlyMap<string, string>): readonly string[] {
  const unused = [...flags.keys()].filter((name) => SERVE_FLAGS.get(name) === "unused").map((name) => `-${name}`);
  if (unused.length === 0) return [];
  const subject = unused.length === 1 ? `${unused[0]} is` : `${unused.join(", ")} are`;
  return [`${subject} ignored: the log goes to standard error, a JSON object a line, and -v says how much of it`];
}

/** As in Go, flags end at the first word that is not a flag. Mesos-DNS ignores the words after them. */
function unusedWords(rest: readonly string[]): readonly string[] {
  if (rest.length === 0) return [];
  const words = rest.map((word) => JSON.stringify(word)).join(", ");
  return [`${words} ${rest.length === 1 ? "is" : "are"} ignored: flags end before the first word that is none`];
}

function parseZone(argv: readonly string[]): Command {
  const { flags, rest } = parseFlags(argv, ZONE_FLAGS);
  if (rest.length > 0) throw usage(`unexpected argument ${JSON.stringify(rest[0])}`);
  if (flags.has("help") || flags.has("h")) return { kind: "help", of: "zone" };
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

/** The kind of server stands before the flags, or behind them. */
function parseTransferConfig(argv: readonly string[]): Command {
  const isFirst = argv[0] !== undefined && !argv[0].startsWith("-");
  const { flags, rest } = parseFlags(isFirst ? argv.slice(1) : argv, TRANSFER_FLAGS);
  if (flags.has("help") || flags.has("h")) return { kind: "help", of: "transfer-config" };
  const [server, ...more] = isFirst ? [argv[0], ...rest] : rest;
  if (more.length > 0) throw usage(`unexpected argument ${JSON.stringify(more[0])}`);
  const secondary = SECONDARIES.find((name) => name === server);
  if (secondary === undefined) throw usage(`transfer-config needs one of ${SECONDARIES.join(", ")}`);
  const primaries = flags.get("primary")?.split(",");
  if (primaries === undefined) throw usage("transfer-config needs --primary ADDRESS");
  const key = flags.get("key");
  const configFile = flags.get("config") ?? DEFAULT_CONFIG_FILE;
  return { kind: "transfer-config", secondary, primaries, ...(key !== undefined && { key }), configFile };
}

function parseVips(argv: readonly string[]): Command {
  const isFirst = argv[0] !== undefined && !argv[0].startsWith("-");
  const { flags, rest } = parseFlags(isFirst ? argv.slice(1) : argv, VIP_FLAGS);
  if (flags.has("help") || flags.has("h")) return { kind: "help", of: "vips" };
  const [word, ...more] = isFirst ? [argv[0], ...rest] : rest;
  if (more.length > 0) throw usage(`unexpected argument ${JSON.stringify(more[0])}`);
  const action = VIP_ACTIONS.find((name) => name === word);
  if (action === undefined) throw usage(`vips needs one of ${VIP_ACTIONS.join(", ")}`);
  const configFile = flags.get("config") ?? DEFAULT_CONFIG_FILE;
  return { kind: "vips", action, configFile, verbosity: parseVerbosity(flags.get("v") ?? "0") };
}

/** glog has no highest level. A level above the highest one here means that one. */
function parseVerbosity(text: string): Verbosity {
  if (TRUE.test(text)) return 1;
  if (FALSE.test(text)) return 0;
  if (!NUMBER.test(text)) throw usage(`-v must be a number, 0, 1 or 2, not ${JSON.stringify(text)}`);
  const level = Number(text);
  return level <= 0 ? 0 : level === 1 ? 1 : 2;
}
