/** The format of `healthChecks`. */
import { isIP } from "node:net";
import { parseAddress } from "../base/addresses.js";
import { isObject } from "../base/lenient.js";
import { type EntryReader, readEntries } from "./entries.js";
import { decimal, type Findings, type Format, integer, parseJsonOrText, textual, within } from "./format.js";
import * as format from "./formats.js";
import {
  BODY_OCTETS,
  type CalculatedCheck,
  type HealthCheck,
  type HttpCheck,
  type StatusRange,
  splitInstance,
  type TcpCheck,
} from "./health.js";
import { readMembers } from "./members.js";
import { readAddress, readHostname } from "./names.js";

const CHECK_NAME = /^[A-Za-z0-9_-]{1,63}$/;
const MAX_PATH = 1_024;
const MAX_BODY_TEXT = 255;
const MAX_CHILDREN = 256;
const DEFAULT_INTERVAL = 2;
const MAX_DEFAULT_TIMEOUT = 5;
const DEFAULT_STREAK = 2;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;

const TYPES = ["tcp", "http", "https", "calculated"] as const;
type CheckType = (typeof TYPES)[number];

const type: Format<CheckType> = format.oneOf<CheckType>(TYPES);
const address = textual("an IPv4 or IPv6 address: a name would have to be resolved first", readTarget);
const streak = integer(1, 10);

const target = {
  type,
  port: integer(1, 65_535),
  address,
  interval: decimal(1, 300),
  timeout: decimal(0.1, 299),
  failures: streak,
  successes: streak,
  source: address,
} as const;

const http = {
  ...target,
  path: textual(`a path that begins with / and has no spaces, of at most ${MAX_PATH} characters`, readPath),
  host: textual("a host name or an address", (text) => readHostname(text) ?? readAddress(text)),
  status: textual('a status code such as "200", or a range such as "200-399"', readStatus),
  body: textual(
    `a text of 1 to ${MAX_BODY_TEXT} octets, which the first ${BODY_OCTETS} of the body contain`,
    readBodyText,
  ),
} as const;

const https = { ...http, verify: format.boolean } as const;

/** A member by its name in the file: the values of those of `HttpCheck` that have another form there are read first. */
type Given = Partial<Omit<HttpCheck, "type" | "name"> & { readonly type: CheckType }>;

const ALLOWED = 'an object that gives each check a name: {"edge": {"type": "http", "path": "/healthz"}}';

/** Sorted by name, so that equal configurations compare equal. An environment variable contains it as JSON. */
export const healthChecks: Format<readonly HealthCheck[]> = {
  allowed: ALLOWED,
  fromText: parseJsonOrText,
  read(value, findings) {
    if (!isObject(value)) {
      findings.fault("", value, ALLOWED);
      return undefined;
    }
    const checks = Object.entries(value).map(([name, members]) =>
      readCheck(name, members, within(`.${name}`, findings)),
    );
    const read = checks.filter((check) => check !== undefined);
    return read.length < checks.length ? undefined : read.sort((a, b) => (a.name < b.name ? -1 : 1));
  },
};

function readCheck(name: string, value: unknown, findings: Findings): HealthCheck | undefined {
  if (!CHECK_NAME.test(name))
    findings.fault("", name, "a name of letters, digits, hyphens and underscores, at most 63");
  else if (!isObject(value)) findings.fault("", value, 'an object such as {"type": "tcp", "port": 5432}');
  else {
    const kind = kindOf(value, findings);
    if (kind === "calculated") return readCalculated(name, value, findings);
    return kind && readTargetCheck(name, kind, { value, findings });
  }
  return undefined;
}

function kindOf(value: Readonly<Record<string, unknown>>, findings: Findings): CheckType | undefined {
  const written = Object.keys(value).find((member) => member.toLowerCase() === "type");
  if (written !== undefined) return type.read(value[written], within(".type", findings));
  findings.fault("", value, `a type: ${type.allowed}`);
  return undefined;
}

interface Source {
  readonly value: Readonly<Record<string, unknown>>;
  readonly findings: Findings;
}

function readTargetCheck(
  name: string,
  kind: "tcp" | "http" | "https",
  { value, findings }: Source,
): HealthCheck | undefined {
  const formats = kind === "tcp" ? target : kind === "http" ? http : https;
  const given: Given | undefined = readMembers<Given>(value, formats as typeof https, findings);
  if (!given) return undefined;
  const { interval = DEFAULT_INTERVAL } = given;
  const { timeout = Math.min(interval / 2, MAX_DEFAULT_TIMEOUT) } = given;
  if (timeout >= interval) {
    findings.fault(
      ".timeout",
      timeout,
      `less than interval, which is ${interval}: a check ends before the next begins`,
    );
    return undefined;
  }
  const port = given.port ?? (kind === "http" ? HTTP_PORT : kind === "https" ? HTTPS_PORT : undefined);
  if (port === undefined) {
    findings.fault("", value, "a port");
    return undefined;
  }
  const { failures = DEFAULT_STREAK, successes = DEFAULT_STREAK } = given;
  if (differInFamily(given.address, given.source)) {
    findings.fault(".source", given.source, `an address of the same family as address, which is ${given.address}`);
    return undefined;
  }
  const common = { ...given, name, port, interval, timeout, failures, successes };
  if (kind === "tcp") return { ...common, type: kind } satisfies TcpCheck;
  const { path = "/", status = { from: 200, to: 399 }, verify = true } = given;
  return { ...common, type: kind, path, status, verify } satisfies HttpCheck;
}

function differInFamily(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && isIP(a) !== isIP(b);
}

const CHILD: EntryReader<string> = {
  read(entry, findings) {
    const child = readInstance(entry);
    if (child === undefined) findings.fault("", entry, 'the name of a check such as "db", or "edge@192.0.2.10"');
    return child;
  },
  identity: (child) => child,
  once: "each check once",
};

const children: Format<readonly string[]> = {
  allowed: `a list of 1 to ${MAX_CHILDREN} checks, each by its name, or name@address`,
  fromText: parseJsonOrText,
  read(value, findings) {
    const entries = Array.isArray(value) ? value : [];
    const isCountable = entries.length > 0 && entries.length <= MAX_CHILDREN;
    if (!isCountable) findings.fault("", value, children.allowed);
    const read = readEntries(entries, CHILD, findings);
    return isCountable ? read : undefined;
  },
};

const calculated = {
  type,
  checks: children,
  healthy: integer(0, MAX_CHILDREN),
  inverted: format.boolean,
} as const;

function readCalculated(
  name: string,
  value: Readonly<Record<string, unknown>>,
  findings: Findings,
): CalculatedCheck | undefined {
  const given = readMembers<Partial<Omit<CalculatedCheck, "type" | "name">> & { readonly type: CheckType }>(
    value,
    calculated,
    findings,
  );
  if (!given) return undefined;
  const { checks, healthy = 1, inverted = false } = given;
  if (checks === undefined) {
    findings.fault("", value, children.allowed.replace("a list", "checks: a list"));
    return undefined;
  }
  if (healthy > checks.length) findings.remark(".healthy", `${healthy} of ${checks.length} checks are never healthy`);
  return { name, type: "calculated", checks, healthy, inverted };
}

function readInstance(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const { check, address: at } = splitInstance(value);
  if (!CHECK_NAME.test(check)) return undefined;
  if (at === undefined) return check;
  const read = readTarget(at);
  return read === undefined ? undefined : `${check}@${read}`;
}

/** An IPv4 address that is written as an IPv6 address is the IPv4 address. */
function readTarget(text: string): string | undefined {
  return parseAddress(readAddress(text) ?? "")?.text;
}

function readPath(text: string): string | undefined {
  return /^\/[\x21-\x7e]*$/.test(text) && text.length <= MAX_PATH ? text : undefined;
}

function readBodyText(text: string): string | undefined {
  const octets = Buffer.byteLength(text);
  return octets >= 1 && octets <= MAX_BODY_TEXT ? text : undefined;
}

function readStatus(text: string): StatusRange | undefined {
  const [, first, last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return first === undefined || Number(first) > Number(last) ? undefined : { from: Number(first), to: Number(last) };
}
