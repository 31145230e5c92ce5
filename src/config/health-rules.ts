/** The rules of the keys for health checks. */
import { octetsOf, parseAddress } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";
import type { HealthConfig } from "./config.js";
import {
  type CalculatedCheck,
  type CheckedValue,
  type HealthCheck,
  instancesOf,
  isPerValue,
  MAX_INSTANCES,
  splitInstance,
} from "./health.js";
import type { RuleContext } from "./rule-context.js";
import type { Values } from "./schema.js";
import type { StaticRecord } from "./static-record.js";

const CLOUDS = "where a cloud has its metadata";

/**
 * Networks in which nothing is checked unless `healthCheckNetworks` has it: this machine, its links, and the addresses at which clouds
 * give secrets to whoever asks. A configuration that comes from elsewhere must not make this server ask there.
 */
const NOT_CHECKED: readonly (readonly [network: string, what: string])[] = [
  ["0.0.0.0/8", "this machine"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local, where clouds have their metadata"],
  ["100.100.100.200/32", CLOUDS],
  ["168.63.129.16/32", CLOUDS],
  ["192.0.0.192/32", CLOUDS],
  ["224.0.0.0/3", "no address of a host"],
  ["::/128", "this machine"],
  ["::1/128", "loopback"],
  ["fe80::/10", "link-local"],
  ["fd00:ec2::/32", CLOUDS],
  ["ff00::/8", "no address of a host"],
];

const BY_WHAT = NOT_CHECKED.map(([network, what]) => [new NetworkList([network]), what] as const);

/**
 * Why this address is not checked: completes "…, which is …"; `undefined` if it may be.
 * @param allowed the networks of `healthCheckNetworks`
 */
export function whyNotChecked(address: string, allowed: readonly string[]): string | undefined {
  const parsed = parseAddress(address);
  if (!parsed) return "no address";
  const octets = octetsOf(parsed);
  const reached = isTranslated(octets) ? octets.subarray(TRANSLATED.length) : octets;
  const [, what] = BY_WHAT.find(([networks]) => networks.includes(reached)) ?? [];
  return what === undefined || new NetworkList(allowed).includes(octets) ? undefined : what;
}

/** 64:ff9b::/96, behind which a translator reaches the IPv4 address that the last four octets are (RFC 6052 §2.1). */
const TRANSLATED = Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0);

function isTranslated(octets: Uint8Array): boolean {
  return octets.length > TRANSLATED.length && TRANSLATED.every((octet, at) => octets[at] === octet);
}

/** A value of a record that uses a check, and where it stands. */
export interface CheckUse extends CheckedValue {
  /** The key that it stands in, `records`. */
  readonly key: string;
  /** The position in it, `[3].values[1].healthCheck`. */
  readonly at: string;
}

/** The values of records whose health counts. */
export function checkedValuesOf(records: readonly StaticRecord[]): readonly CheckedValue[] {
  return records.flatMap(({ values }) =>
    values.flatMap(({ healthCheck: check, value }) => (check === undefined ? [] : [{ check, value }])),
  );
}

/** @param uses of all records */
export function checkHealth(values: Values, uses: readonly CheckUse[], context: RuleContext): void {
  const { faults, warnings } = context;
  if (faults.has("healthChecks") || faults.has("healthCheckNetworks")) return;
  for (const fault of healthFaults(values, uses)) faults.add(fault.key, fault.value, fault.allowed, fault.at);
  const { healthChecks, recordsFile, allowHealthOverride, healthOverrideToken } = values;
  if (healthOverrideToken !== "" && !allowHealthOverride)
    warnings.push("healthOverrideToken is not used, as allowHealthOverride is false");
  // The records of the file are not known yet.
  if (recordsFile !== "") return;
  const used = new Set(instancesOf(healthChecks, uses).map(({ check }) => check.name));
  for (const { name } of healthChecks)
    if (!used.has(name)) warnings.push(`healthChecks.${name} is not used: no record and no other check names it`);
}

/** A fault, as `Faults.add` takes it. */
export interface HealthFault {
  readonly key: string;
  readonly value: unknown;
  readonly allowed: string;
  readonly at: string;
}

/** What is wrong between checks, and with records that use them. */
export function healthFaults(
  { healthChecks, healthCheckNetworks }: Pick<HealthConfig, "healthChecks" | "healthCheckNetworks">,
  uses: readonly CheckUse[],
): readonly HealthFault[] {
  const byName = new Map(healthChecks.map((check) => [check.name, check]));
  const faults: HealthFault[] = [];
  const refused = new Set<string>();
  const refuse = (check: string, address: string, place: Pick<HealthFault, "key" | "at">) => {
    // Once is enough for all values that have it.
    const known = `${check} ${address}`;
    if (refused.has(known)) return;
    refused.add(known);
    const why = whyNotChecked(address, healthCheckNetworks);
    if (why !== undefined)
      faults.push({
        ...place,
        value: address,
        allowed: `another address: ${address} is ${why}; healthCheckNetworks can allow it for ${check}`,
      });
  };
  for (const check of healthChecks) {
    const place = { key: "healthChecks", at: `.${check.name}.address` };
    if (check.type === "calculated") faults.push(...childFaults(check, byName, refuse), ...circleFault(check, byName));
    else if (check.address !== undefined) refuse(check.name, check.address, place);
  }
  for (const { key, at, check: name, value } of uses) {
    const check = byName.get(name);
    if (!check) faults.push({ key, at, value: name, allowed: allowedChecks(healthChecks) });
    else if (!isPerValue(check)) continue;
    else if (parseAddress(value)) refuse(name, value, { key, at });
    else
      faults.push({ key, at, value: name, allowed: `a check with an address: ${value} is none that could be checked` });
  }
  const count = instancesOf(healthChecks, uses).length;
  if (count > MAX_INSTANCES)
    faults.push({
      key: "healthChecks",
      at: "",
      value: count,
      allowed: `at most ${MAX_INSTANCES} targets of checks in all`,
    });
  return faults;
}

function childFaults(
  { name, checks }: CalculatedCheck,
  byName: ReadonlyMap<string, HealthCheck>,
  refuse: (check: string, address: string, place: Pick<HealthFault, "key" | "at">) => void,
): readonly HealthFault[] {
  const faults: HealthFault[] = [];
  checks.forEach((child, index) => {
    const place = { key: "healthChecks", at: `.${name}.checks[${index}]` };
    const { check: childName, address } = splitInstance(child);
    const check = byName.get(childName);
    const add = (allowed: string) => faults.push({ ...place, value: child, allowed });
    if (!check) add(allowedChecks([...byName.values()]));
    else if (isPerValue(check)) {
      if (address === undefined) add(`${childName}@ and an address, as ${childName} has none of its own`);
      else refuse(childName, address, place);
    } else if (address !== undefined) add(`${childName} without an address, as it is not made for each address`);
  });
  return faults;
}

/** A check that depends on itself, told of the first of its circle only. */
function circleFault(check: CalculatedCheck, byName: ReadonlyMap<string, HealthCheck>): readonly HealthFault[] {
  const circle = circleFrom(check.name, byName);
  if (!circle || [...circle].sort()[0] !== check.name) return [];
  const path = [...circle, check.name].join(" → ");
  return [
    {
      key: "healthChecks",
      at: `.${check.name}.checks`,
      value: check.checks,
      allowed: `checks that do not depend on it, as in ${path}`,
    },
  ];
}

/** The names on the shortest way from a check back to itself; `undefined` if there is none. */
function circleFrom(start: string, byName: ReadonlyMap<string, HealthCheck>): readonly string[] | undefined {
  const reached = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [name, path] of reached) {
    const check = byName.get(name);
    for (const child of check?.type === "calculated" ? check.checks : []) {
      if (child === start) return path;
      if (!reached.has(child)) reached.set(child, [...path, child]);
    }
  }
  return undefined;
}

function allowedChecks(checks: readonly HealthCheck[]): string {
  const names = checks.map(({ name }) => name);
  return names.length === 0 ? "the name of a check in healthChecks: there is none" : `one of ${names.join(", ")}`;
}
