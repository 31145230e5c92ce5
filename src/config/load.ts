/** Loads a valid, frozen configuration from a file and the environment, or reports all faults in it. */
import { MesosDnsError, messageOf } from "../base/errors.js";
import { isObject } from "../base/lenient.js";
import type { Config } from "./config.js";
import { Faults, placeOf } from "./faults.js";
import { applyEnvironment, type Given, readFileKeys } from "./given.js";
import { findSyntaxFault } from "./json.js";
import { scanKeys } from "./json-keys.js";
import { completeConfig } from "./rules.js";
import { createStore, KEYS, type Values } from "./schema.js";
import { listenerNames } from "./sockets.js";

export interface LoadOptions {
  /** Path of the file; a leading `~/` means the home directory. Without it, only defaults and the environment apply. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns the text of a file. Throws if it cannot be read. */
  readonly readFile: (path: string) => string;
  /** Addresses of the machine's nameservers, except itself. Called only if `resolvers` is an empty list. */
  readonly systemResolvers: () => readonly string[];
  /** Addresses of the machine. A resolver at one of them may be this server. */
  readonly machineAddresses: () => readonly string[];
  /** False if no cluster is followed: then neither masters nor zk are required. */
  readonly needsMasters?: boolean;
}

export interface Loaded {
  /** Deeply frozen. */
  readonly config: Config;
  /** What the operator may not have intended, a sentence each. */
  readonly warnings: readonly string[];
}

/** The faults in a configuration, a line each, and what it was warned of beside them. */
export class InvalidConfig extends MesosDnsError {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];

  constructor(file: string | undefined, lines: readonly string[], warnings: readonly string[]) {
    const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
    const subject = file === undefined ? "the configuration" : file;
    super("CONFIG_INVALID", [`${subject} has ${count}:`, ...lines.map((line) => `  ${line}`)].join("\n"));
    this.faults = lines;
    this.warnings = warnings;
  }
}

/** The values of all keys, before the rules between keys are applied. */
interface Begun {
  readonly values: Values;
  readonly faults: Faults;
  readonly warnings: string[];
}

/**
 * Loads a configuration without opening sockets for it: listeners that are host names are not resolved.
 * @throws {MesosDnsError} CONFIG_UNREADABLE if the file cannot be read; CONFIG_INVALID if it is not a JSON object;
 *   an `InvalidConfig` if it breaks a rule.
 */
export function loadConfig(options: LoadOptions): Loaded {
  return complete(begin(options), options, undefined);
}

/**
 * Loads a configuration for serving: listeners that are host names are resolved.
 * @param lookUp resolves to the address of a host, or to `undefined`
 * @throws {MesosDnsError} as `loadConfig`
 */
export async function loadWithNames(
  options: LoadOptions,
  lookUp: (name: string) => Promise<string | undefined>,
): Promise<Loaded> {
  const begun = begin(options);
  const addresses = new Map<string, string | undefined>();
  for (const name of listenerNames(begun.values)) addresses.set(name, await lookUp(name));
  return complete(begun, options, (name) => addresses.get(name));
}

function begin(options: LoadOptions): Begun {
  const faults = new Faults();
  const warnings: string[] = [];
  const given: Given = options.file === undefined ? new Map() : readFile(options.file, options, faults, warnings);
  applyEnvironment(given, options.env, faults, warnings);
  return { values: readValues(given, faults, warnings), faults, warnings };
}

function complete(
  { values, faults, warnings }: Begun,
  { file, env, systemResolvers, machineAddresses, needsMasters = true }: LoadOptions,
  lookUp: ((name: string) => string | undefined) | undefined,
): Loaded {
  const config = completeConfig(values, {
    faults,
    warnings,
    systemResolvers,
    machineAddresses,
    lookUp,
    // systemd separates several directories with colons.
    stateDirectory: env.STATE_DIRECTORY?.split(":")[0] ?? "",
    needsMasters,
  });
  if (faults.lines.length > 0) throw new InvalidConfig(file, faults.lines, warnings);
  return { config: deepFreeze(config), warnings };
}

function readFile(file: string, options: LoadOptions, faults: Faults, warnings: string[]): Given {
  const { env, readFile: read } = options;
  const text = readText(file.replace(/^~\//, `${env.HOME ?? "."}/`), read);
  const tree = parse(file, text);
  if (!isObject(tree))
    throw new MesosDnsError("CONFIG_INVALID", `${file} must hold a JSON object, { "masters": […], … }`);
  const { order, repeated } = scanKeys(text);
  warnings.push(...repeated);
  const given = readFileKeys(
    Array.from(order, (name) => [name, tree[name]] as const),
    faults,
    warnings,
  );
  readZkFile(given, read, faults);
  return given;
}

/** `zk` may name a file that contains the URL, as in Mesos. */
function readZkFile(given: Given, read: (path: string) => string, faults: Faults): void {
  const value = given.get("zk")?.value;
  if (typeof value !== "string" || !value.startsWith("file://")) return;
  try {
    given.set("zk", { value: read(value.slice("file://".length)).trim() });
  } catch (error) {
    faults.add("zk", value, `a file with a zk:// URL that this user may read (${messageOf(error)})`);
    given.delete("zk");
  }
}

/** The text of the file, without the byte order mark that editors on Windows write. */
function readText(file: string, readFile: (path: string) => string): string {
  try {
    return readFile(file).replace(/^\uFEFF/, "");
  } catch (cause) {
    const advice = "name the file with -config=FILE and see that this user may read it";
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file} (${messageOf(cause)}): ${advice}`, { cause });
  }
}

/** Parses JSON. The message of JSON.parse would quote the text around the fault, which may be a secret. */
function parse(file: string, text: string): unknown {
  const fault = findSyntaxFault(text);
  if (fault === undefined) return JSON.parse(text);
  const { line, column, problem } = fault;
  throw new MesosDnsError("CONFIG_INVALID", `${file} is not JSON, line ${line}, column ${column}: ${problem}`);
}

/** The value of every key: the given one if its format accepts it, else the default. */
function readValues(given: Given, faults: Faults, warnings: string[]): Values {
  const store = createStore();
  for (const [path, { value, variable }] of given) {
    const read = KEYS[path].format.read(value, {
      fault: (at, got, allowed) => faults.add(path, got, allowed, at, variable),
      remark: (at, remark) => warnings.push(`${placeOf(path, at, variable)}: ${remark}`),
    });
    if (read !== undefined) store.set(path as string, read);
  }
  // Formats have validated every value. convict would take an address in place of `false` for keys that it does not know.
  return store.getProperties();
}

/** Freezes `value` and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
