/** From a file and an environment to one valid, frozen configuration, or to the list of everything wrong with it. */
import { MesosDnsError, messageOf } from "../errors.js";
import type { Config } from "./config.js";
import { Faults } from "./faults.js";
import { isObject } from "./formats.js";
import { applyEnvironment, type Given, readFileKeys } from "./given.js";
import { findSyntaxFault } from "./json.js";
import { completeConfig } from "./rules.js";
import { createStore, KEYS, type Values } from "./schema.js";

export interface LoadOptions {
  /** Path of the file, where a leading `~/` is the home directory; absent: defaults and environment only. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws where it cannot be read. */
  readonly readFile: (path: string) => string;
  /** Addresses of the machine's nameservers other than itself; asked only where `resolvers` is an empty list. */
  readonly systemResolvers: () => readonly string[];
  /** Addresses of the machine: a resolver at one of them may be this server. */
  readonly machineAddresses: () => readonly string[];
  /** False where no cluster is followed, so that neither masters nor zk need be given. */
  readonly needsMasters?: boolean;
}

export interface Loaded {
  /** Deeply frozen. */
  readonly config: Config;
  /** What the operator may have meant otherwise, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Loads a configuration.
 * @throws {MesosDnsError} CONFIG_UNREADABLE if the file cannot be read; CONFIG_INVALID if it is not a JSON object or
 *   breaks a rule: the message then has a line for every fault.
 */
export function loadConfig(options: LoadOptions): Loaded {
  const { file, env, systemResolvers, machineAddresses, needsMasters = true } = options;
  const faults = new Faults();
  const warnings: string[] = [];
  const given: Given = file === undefined ? new Map() : readFileKeys(readTree(file, options), faults, warnings);
  applyEnvironment(given, env, faults, warnings);
  const values = readValues(given, faults);
  const config = completeConfig(values, {
    faults,
    warnings,
    systemResolvers,
    machineAddresses,
    // systemd lists several with colons between.
    stateDirectory: env.STATE_DIRECTORY?.split(":")[0] ?? "",
    needsMasters,
  });
  if (faults.lines.length > 0) throw invalid(file, faults.lines);
  return { config: deepFreeze(config), warnings };
}

function readTree(file: string, { env, readFile }: LoadOptions): Readonly<Record<string, unknown>> {
  const tree = parse(file, readText(file.replace(/^~\//, `${env.HOME ?? "."}/`), readFile));
  if (isObject(tree)) return tree;
  throw new MesosDnsError("CONFIG_INVALID", `${file} must hold a JSON object, { "masters": […], … }`);
}

function readText(file: string, readFile: (path: string) => string): string {
  try {
    return readFile(file);
  } catch (cause) {
    const advice = "name the file with -config=FILE and see that this user may read it";
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file} (${messageOf(cause)}): ${advice}`, { cause });
  }
}

/** JSON.parse's own message would quote the text around the fault, which may be a secret. */
function parse(file: string, text: string): unknown {
  const fault = findSyntaxFault(text);
  if (fault === undefined) return JSON.parse(text);
  const { line, column, problem } = fault;
  throw new MesosDnsError("CONFIG_INVALID", `${file} is not JSON, line ${line}, column ${column}: ${problem}`);
}

/** Every key's value: as given where its format accepts it, else its default. */
function readValues(given: Given, faults: Faults): Values {
  const store = createStore();
  for (const [path, { value, variable }] of given) {
    const read = KEYS[path].format.read(value, (at, got, allowed) => faults.add(path, got, allowed, at, variable));
    if (read !== undefined) store.set(path as string, read);
  }
  return store.validate({ allowed: "strict" }).getProperties();
}

function invalid(file: string | undefined, lines: readonly string[]): MesosDnsError {
  const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
  const subject = file === undefined ? "the configuration" : file;
  return new MesosDnsError(
    "CONFIG_INVALID",
    [`${subject} has ${count}:`, ...lines.map((line) => `  ${line}`)].join("\n"),
  );
}

/** Freezes `value` and all it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
