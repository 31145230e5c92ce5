/**
 * The keys that the operator gave: those of the file under their canonical spelling, overridden by the environment. Their values
 * are still JSON that no format has read.
 */

import { isObject } from "../base/lenient.js";
import { isLikely } from "../base/spelling.js";
import type { Faults } from "./faults.js";
import { parseJsonOrText } from "./format.js";
import { DROPPED, GROUPS, KEY_PATHS, KEYS, type KeyPath, REPLACED, variableOf } from "./schema.js";

export interface GivenValue {
  readonly value: unknown;
  /** The environment variable from which the value came; absent for the file. */
  readonly variable?: string;
}

export type Given = Map<KeyPath, GivenValue>;

const NAMES: readonly string[] = [...KEY_PATHS, ...GROUPS, ...DROPPED.keys()];
const GROUP_NAMES: ReadonlySet<string> = new Set(GROUPS);
/** Go's encoding/json ignores the case of keys, so the file's keys are looked up in lower case. */
const BY_LOWER_CASE = new Map(NAMES.map((name) => [name.toLowerCase(), name]));
const BY_VARIABLE = new Map(NAMES.map((name) => [variableOf(name), name]));
const PREFIX = variableOf("");

/** The file's keys. Two spellings of a key count as one, and the last one wins. */
export function readFileKeys(
  entries: readonly (readonly [name: string, value: unknown])[],
  faults: Faults,
  warnings: string[],
): Given {
  const given: Given = new Map();
  for (const [name, value] of entries) addFileKey(given, name, value, faults, warnings);
  return given;
}

function addFileKey(given: Given, name: string, value: unknown, faults: Faults, warnings: string[]): void {
  const canonical = BY_LOWER_CASE.get(name.toLowerCase());
  const successor = REPLACED.get(name.toLowerCase());
  if (successor !== undefined) warnings.push(`${name} is ignored: ${successor} took its place`);
  else if (canonical === undefined) warnings.push(`unknown key ${name} is ignored${suggestKey(name)}`);
  else if (DROPPED.has(canonical)) warnings.push(`${canonical} is ignored: ${DROPPED.get(canonical)}`);
  else if (GROUP_NAMES.has(canonical)) addGroup(given, canonical, { value }, faults, warnings);
  else addValue(given, canonical as KeyPath, value);
}

/** As in Go, null empties a list or an object and leaves any other key at its default. */
function addValue(given: Given, path: KeyPath, value: unknown): void {
  if (value !== null) given.set(path, { value });
  else if (Array.isArray(KEYS[path].default)) given.set(path, { value: [] });
}

function addGroup(given: Given, group: string, from: GivenValue, faults: Faults, warnings: string[]): void {
  if (from.value === null) return;
  if (!isObject(from.value)) {
    faults.add(group, from.value, `an object with ${keysOf(group).join(" and ")}`, "", from.variable);
    return;
  }
  for (const [name, value] of Object.entries(from.value)) {
    const path = BY_LOWER_CASE.get(`${group}.${name}`.toLowerCase());
    if (path === undefined) warnings.push(`unknown key ${group}.${name} is ignored`);
    else if (GROUP_NAMES.has(path)) addGroup(given, path, { ...from, value }, faults, warnings);
    else if (value !== null) given.set(path as KeyPath, { ...from, value });
  }
}

function keysOf(group: string): string[] {
  const inside = KEY_PATHS.filter((path) => path.startsWith(`${group}.`));
  return [...new Set(inside.map((path) => path.slice(group.length + 1).replace(/\..*/, "")))];
}

/**
 * The variables that Kubernetes and Docker set for a service or a linked container named mesos-dns or mesos-dns-something. They begin
 * like this server's own variables.
 */
const SERVICE_VARIABLE =
  /^MESOS_DNS(?:_[A-Z0-9_]+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?|NAME|ENV_\w+)$/;
const SERVICE_URL = /^(?:tcp|udp|sctp):\/\/\S+:\d+$/i;

/** Overrides the file's keys with the variables `MESOS_DNS_*`. The variable of a key inside an object wins over that of the object. */
export function applyEnvironment(
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
  faults: Faults,
  warnings: string[],
): void {
  const variables = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== undefined);
  const isOfService = (variable: string) =>
    SERVICE_URL.test(env[variable] ?? "") || (!BY_VARIABLE.has(variable) && SERVICE_VARIABLE.test(variable));
  const ofServices = variables.filter(isOfService).sort();
  if (ofServices.length > 0)
    warnings.push(`${ofServices.join(", ")} ignored: Kubernetes or Docker set this for a service of this name`);
  const own = variables.filter((variable) => !isOfService(variable));
  for (const variable of own.sort((a, b) => a.length - b.length)) {
    const text = env[variable] ?? "";
    const name = BY_VARIABLE.get(variable);
    if (name === undefined) warnings.push(`unknown variable ${variable} is ignored${suggestVariable(variable)}`);
    else if (DROPPED.has(name)) warnings.push(`${variable} is ignored: ${DROPPED.get(name)}`);
    else if (GROUP_NAMES.has(name)) addGroup(given, name, { value: parseJsonOrText(text), variable }, faults, warnings);
    else given.set(name as KeyPath, { value: KEYS[name as KeyPath].format.fromText(text), variable });
  }
}

function suggestKey(name: string): string {
  const known = NAMES.find((candidate) => isLikely(name.toLowerCase(), candidate.toLowerCase()));
  return known === undefined ? "" : `; did you mean ${known}?`;
}

function suggestVariable(variable: string): string {
  const upper = variable.toUpperCase();
  const known = [...BY_VARIABLE.keys()].find((candidate) => candidate === upper || isLikely(upper, candidate));
  return known === undefined ? "" : `; did you mean ${known}?`;
}
