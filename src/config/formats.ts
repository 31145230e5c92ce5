/** The formats of values that are a string or a truth value. */
import { explainDomain, explainListener } from "./explain.js";
import { type Format, textual } from "./format.js";
import { readDomain, readListener, readMailbox, readNameServer, readZoneName } from "./names.js";
import { readZkUrl } from "./zk-url.js";

export const boolean: Format<boolean> = {
  allowed: "true or false",
  fromText: (text) => ({ true: true, false: false })[text.trim().toLowerCase()] ?? text,
  read(value, findings) {
    if (typeof value === "boolean") return value;
    findings.fault("", value, boolean.allowed);
    return undefined;
  },
};

/** True, false, or the server decides. */
export const autoOrBoolean: Format<"auto" | boolean> = {
  allowed: '"auto" or true or false',
  fromText: boolean.fromText,
  read(value, findings) {
    if (value === "auto" || typeof value === "boolean") return value;
    findings.fault("", value, autoOrBoolean.allowed);
    return undefined;
  },
};

export const text: Format<string> = textual("a string", (value) => value);

export const path: Format<string> = textual("the path of a file, or an empty string for none", (value) => value);

export const folder: Format<string> = textual("the path of a folder, or an empty string for none", (value) => value);

export const runFolder: Format<string> = textual("the absolute path of a folder", (value) =>
  value.startsWith("/") ? value : undefined,
);

const MIN_TOKEN = 16;

export const token: Format<string> = textual(
  `a text of at least ${MIN_TOKEN} characters without spaces, or an empty string for none`,
  (value) => (value === "" || (value.length >= MIN_TOKEN && /^[\x21-\x7e]+$/.test(value)) ? value : undefined),
);

/** One of `choices`; `aliases` are other spellings of them. */
export function oneOf<T extends string>(choices: readonly T[], aliases: ReadonlyMap<string, T> = new Map()): Format<T> {
  return textual(
    choices.map((choice) => `"${choice}"`).join(" or "),
    (value) => choices.find((choice) => choice === value) ?? aliases.get(value),
  );
}

const LISTENER = 'an IPv4 or IPv6 address or a host name, such as 0.0.0.0 or ::, or "" for all addresses';

export const httpListener: Format<string> = textual(LISTENER, readListener, (value) =>
  explainListener(value, "httpport", LISTENER),
);

/** Leaves room below the domain for the longest names of a task: `_port._task._tcp.framework.slave`. */
const MAX_DOMAIN = 200;

const DOMAIN = `a domain name of at most ${MAX_DOMAIN} characters: labels of at most 63 letters, digits and hyphens`;

/** `undefined` for a text that is no domain name, or too long a one. */
export function readDomainName(text: string): string | undefined {
  return readDomain(text, MAX_DOMAIN);
}

export const domain: Format<string> = textual(DOMAIN, readDomainName, (value) => explainDomain(value, DOMAIN));

export const zoneName: Format<string> = textual("the name of a zone, or an empty string for none", (value) =>
  value === "" ? "" : readZoneName(value),
);

/** A name in the SOA record. Mesos-DNS accepts any text, so an invalid name only leads to a warning and the default. */
function soaName(allowed: string, parse: (text: string) => string | undefined): Format<string> {
  return {
    ...textual(allowed, (value) => value),
    read(value, findings) {
      if (typeof value !== "string") {
        findings.fault("", value, allowed);
        return undefined;
      }
      const name = value === "" ? "" : parse(value);
      if (name === undefined) findings.remark("", `${JSON.stringify(value)} is no name, and the default is used`);
      return name ?? "";
    },
  };
}

/** "" stands for a default that depends on the domain. */
export const nameServer: Format<string> = soaName("a host name", readNameServer);

export const mailbox: Format<string> = soaName("a mailbox, such as root@example.com or root.example.com", readMailbox);

export const zkUrl: Format<string> = {
  ...textual(
    "zk://host:port,host:port/path, with user:password@ before the hosts if they need it, or an empty string for none",
    (value) => value,
  ),
  read(value, findings) {
    if (value === "") return value;
    if (typeof value !== "string") {
      findings.fault("", value, `one string: ${asOneUrl(value) ?? zkUrl.allowed}`);
      return undefined;
    }
    const { url, fault, remarks } = readZkUrl(value);
    if (fault !== undefined) findings.fault("", value, fault);
    for (const remark of remarks) findings.remark("", remark);
    return url && value;
  },
};

/** A list of servers, or of URLs, written as one URL; `undefined` if that is not possible. */
function asOneUrl(value: unknown): string | undefined {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) return undefined;
  const parts = value.map((entry) => /^(?:zk:\/\/)?(?<servers>[^/@]+)(?<path>\/.*)?$/.exec(entry)?.groups);
  const path = parts.map((part) => part?.path).find((found) => found !== undefined) ?? "/mesos";
  const url = `zk://${parts.map((part) => part?.servers).join(",")}${path}`;
  return parts.every((part) => part !== undefined) && readZkUrl(url).url ? url : undefined;
}

/** The most octets in a character-string of a TXT record (RFC 1035 §3.3). */
const MAX_CHARACTER_STRING = 255;

export const characterString: Format<string> = textual(`a string of at most ${MAX_CHARACTER_STRING} octets`, (value) =>
  Buffer.byteLength(value) <= MAX_CHARACTER_STRING ? value : undefined,
);

export const cookieSecret: Format<string> = textual("32 hexadecimal digits, or an empty string for none", (value) =>
  /^([0-9a-f]{32})?$/i.test(value) ? value.toLowerCase() : undefined,
);
