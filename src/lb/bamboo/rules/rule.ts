import { isObject, type JsonObject } from "../../../base/lenient.js";
import { goJson } from "../json.js";
import { queryEscaped } from "../template/escape.js";

/** What Bamboo calls a service: whose requests an app gets. */
export interface Rule {
  /** The app's. */
  readonly id: string;
  /** What HAProxy's `acl` line has behind the name. Also among `config`, as `Acl`, unless it is empty. */
  readonly acl: string;
  /** Settings for templates by name; `undefined` if an old client has sent none. */
  readonly config: ReadonlyMap<string, string> | undefined;
}

/** The form of Bamboo 0.2 and later. */
const VERSION = "2";

/**
 * The rule in the text of a znode: JSON of version 2, or else a rule of before, whose whole text is its Acl.
 *
 * As Bamboo does, takes keys in any case, and text that is nearly JSON of version 2 for an old rule.
 */
export function readRule(id: string, stored: string): Rule {
  const config = readConfig(stored);
  return config
    ? { id, acl: config.get("Acl") ?? "", config }
    : { id, acl: stored, config: new Map([["Acl", stored]]) };
}

function readConfig(stored: string): ReadonlyMap<string, string> | undefined {
  let content: unknown;
  try {
    content = JSON.parse(stored);
  } catch {
    return undefined;
  }
  if (!isObject(content) || member(content, "version") !== VERSION) return undefined;
  const config = member(content, "config") ?? {};
  return isObject(config) ? textsIn(config) : undefined;
}

/** A member by its name in any case, as Go reads JSON: the last one counts. */
export function member(content: JsonObject, name: string): unknown {
  return Object.entries(content).findLast(([key]) => key.toLowerCase() === name)?.[1];
}

/** `undefined` if any is no text. `null` is an empty one to Go. */
export function textsIn(object: JsonObject): ReadonlyMap<string, string> | undefined {
  const entries = Object.entries(object).map(([name, value]) => [name, value ?? ""] as const);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) return undefined;
  return new Map(entries);
}

/** The text of a rule's znode, as Bamboo writes it. The Acl wins over the one among the settings. */
export function storedRule({ acl, config }: Rule): string {
  const all = new Map(config);
  if (acl !== "") all.set("Acl", acl);
  return goJson({ version: VERSION, config: all });
}

/** A rule as it is when it has been stored: the Acl is the same one everywhere. */
export function settled(rule: Rule): Rule {
  return readRule(rule.id, storedRule(rule));
}

/** The name of a rule's znode. */
export function znodeOf(id: string): string {
  return queryEscaped(id);
}

/** The app whose rule a znode is; `undefined` if the name is none that Bamboo gives. */
export function idOfZnode(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
