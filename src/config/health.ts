/** What a health check is once it is configured, and the names of what it is made for. */

/** What all checks that ask a target have in common. Times are in seconds. */
interface TargetCheckBase {
  readonly name: string;
  readonly port: number;
  /** The address to check; absent if each value that uses the check is checked by itself. */
  readonly address?: string;
  /** From the beginning of one check to that of the next. */
  readonly interval: number;
  /** For a whole check: it is less than `interval`. */
  readonly timeout: number;
  /** Results in a row that make a target unhealthy. */
  readonly failures: number;
  /** Results in a row that make it healthy again. */
  readonly successes: number;
  /** The address that checks come from; absent for the one that the route has. */
  readonly source?: string;
}

/** A connection is enough. */
export interface TcpCheck extends TargetCheckBase {
  readonly type: "tcp";
}

/** A response is needed. */
export interface HttpCheck extends TargetCheckBase {
  readonly type: "http" | "https";
  readonly path: string;
  /** The `Host` header and the name in the TLS handshake; absent for the address. */
  readonly host?: string;
  /** The accepted status codes, both ends included. */
  readonly status: StatusRange;
  /** A text that the first `BODY_OCTETS` of the body have to contain. */
  readonly body?: string;
  /** Whether the certificate has to be valid, and for `host`. */
  readonly verify: boolean;
}

export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** A check of other checks. */
export interface CalculatedCheck {
  readonly name: string;
  readonly type: "calculated";
  /** The names of instances. */
  readonly checks: readonly string[];
  /** It is healthy if at least so many of them are. */
  readonly healthy: number;
  /** Its result is turned round. */
  readonly inverted: boolean;
}

export type TargetCheck = TcpCheck | HttpCheck;
export type HealthCheck = TargetCheck | CalculatedCheck;

/** How much of a body is looked at. */
export const BODY_OCTETS = 5_120;

/** A check of one target, or of other checks: what has a state. */
export interface Instance {
  /** `edge@192.0.2.10`, or the check's own name if it has no need of an address: `db`. */
  readonly name: string;
  readonly check: HealthCheck;
  /** The address to check; absent for a calculated check. */
  readonly address?: string;
}

/** A value of a record whose health counts. */
export interface CheckedValue {
  /** The name of the check. */
  readonly check: string;
  /** An IPv4 or IPv6 address in its shortest spelling, or any other value, which cannot be checked itself. */
  readonly value: string;
}

/** All servers check at most so many. */
export const MAX_INSTANCES = 1_000;

/** Whether the check is made for each value by itself. */
export function isPerValue(check: HealthCheck): check is TargetCheck {
  return check.type !== "calculated" && check.address === undefined;
}

/** The name of the instance of a check for a value. */
export function instanceName(check: HealthCheck, value: string): string {
  return isPerValue(check) ? `${check.name}@${value}` : check.name;
}

/** Splits an instance's name: `edge@192.0.2.10` into `edge` and `192.0.2.10`; `db` has no address. */
export function splitInstance(name: string): { readonly check: string; readonly address: string | undefined } {
  const at = name.indexOf("@");
  return at < 0 ? { check: name, address: undefined } : { check: name.slice(0, at), address: name.slice(at + 1) };
}

/**
 * The instances of these checks, each once: of those that have an address or are calculated, and for every value and every calculated
 * check that names one. Unknown checks are left out.
 */
export function instancesOf(checks: readonly HealthCheck[], values: readonly CheckedValue[]): readonly Instance[] {
  const byName = new Map(checks.map((check) => [check.name, check]));
  const instances = new Map<string, Instance>();
  const add = (check: HealthCheck, value: string) => {
    const name = instanceName(check, value);
    if (check.type === "calculated") instances.set(name, { name, check });
    else instances.set(name, { name, check, address: check.address ?? value });
  };
  for (const check of checks) if (!isPerValue(check)) add(check, "");
  for (const { check: name, value } of values) {
    const check = byName.get(name);
    if (check) add(check, value);
  }
  for (const check of checks) {
    for (const child of check.type === "calculated" ? check.checks : []) {
      const { check: name, address } = splitInstance(child);
      const template = byName.get(name);
      if (template && address !== undefined) add(template, address);
    }
  }
  return [...instances.values()];
}
