/** The formats of the keys of `lb`. */
import type { HostPort } from "../base/host-port.js";
import { type Findings, type Format, parseJsonOrText, textual } from "./format.js";
import * as format from "./formats.js";
import type { LbFormat, LbHealthy, LbSource, MarathonSetting } from "./lb.js";
import { list } from "./lists.js";
import { entriesOf, readMembers } from "./members.js";
import { readServerAddress, readStatsdServer } from "./names.js";
import { parseZkUrl } from "./zk-url.js";

const MAX_WORDS = 64;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const FIRST_NAME = "marathon";

export const source = format.oneOf<LbSource>(["marathon", "mesos"]);
export const healthy = format.oneOf<LbHealthy>(["required", "known", "ignore"]);
export const lbFormat = format.oneOf<LbFormat>(["haproxy", "marathon-lb", "bridge", "bamboo"]);

/** An address of this machine and a port, which has to be said. */
function readBind(text: string): HostPort | undefined {
  const bind = readServerAddress(text, 0);
  return bind && bind.port > 0 ? bind : undefined;
}

const BIND = "an address and a port, such as 127.0.0.1:8127 or [::]:80";

export const bind: Format<HostPort> = textual(BIND, readBind);

/** The same, or `false`. */
function orFalse<T>(of: Format<T>): Format<T | false> {
  const allowed = `${of.allowed}, or false for none`;
  return {
    allowed,
    fromText: (text) => (text.trim().toLowerCase() === "false" ? false : of.fromText(text)),
    read: (value, findings) =>
      value === false ? value : of.read(value, { ...findings, fault: (at, got) => findings.fault(at, got, allowed) }),
  };
}

export const bindOrFalse: Format<HostPort | false> = orFalse(bind);

export const statsd: Format<HostPort | false> = orFalse(
  textual("a host, and a port unless it is 8125, such as 192.0.2.9:8125", readStatsdServer),
);

export const groups: Format<readonly string[]> = list({
  entries: "groups",
  entry: "the name of a group without commas, or *",
  parse: (text) => (text !== "" && !text.includes(",") ? text : undefined),
});

export const certificates: Format<readonly string[]> = list({
  entries: "paths of PEM files",
  entry: "the path of a PEM file",
  parse: (text) => text || undefined,
});

export const program: Format<string> = textual("the name or the path of a program", (text) => text || undefined);

/** A program and its arguments. An environment variable has them as JSON. */
export const command: Format<readonly string[]> = {
  allowed: `a list of 1 to ${MAX_WORDS} texts: a program and its arguments, as in ["systemctl", "reload", "haproxy"]`,
  fromText: parseJsonOrText,
  read(value, findings) {
    const words: readonly unknown[] = Array.isArray(value) ? value : [];
    const isCommand = words.length > 0 && words.length <= MAX_WORDS && words[0] !== "";
    if (isCommand && words.every((word) => typeof word === "string" && !word.includes("\0")))
      return words as readonly string[];
    findings.fault("", value, command.allowed);
    return undefined;
  },
};

/** The ensemble alone: the path is a key of its own. */
export const zookeeper: Format<string> = textual(
  "zk://host:port,host:port without a path, with user:password@ before the hosts if they need it, or an empty string for none",
  (text) => (text === "" || (!/[^/]\/[^/]/.test(text) && parseZkUrl(`${text}/rules`)) ? text : undefined),
);

export const znode: Format<string> = textual("the path of a znode, such as /marathon-haproxy/state", (text) =>
  text.endsWith("/") || !text.startsWith("/") ? undefined : parseZkUrl(`zk://localhost${text}`)?.path,
);

const ENTRY = 'an object such as {"name": "main", "urls": ["http://192.0.2.10:8080"]}';
const URLS = "URLs, each such as http://192.0.2.10:8080";

const urls = list({
  entries: URLS,
  entry: "an http or https URL such as http://192.0.2.10:8080, without user, password and query",
  nonempty: true,
  parse: readUrl,
});

const name = textual("a name of letters, digits, hyphens and underscores, at most 63", (text) =>
  NAME.test(text) ? text : undefined,
);

const member = {
  name,
  urls,
  user: textual("a text without a colon", (text) => (text.includes(":") ? undefined : text)),
  password: format.text,
  credentialsFile: format.path,
  dcos: format.boolean,
  caFile: format.path,
} as const;

/** Each with a name of its own. An environment variable has them as JSON. */
export const marathons: Format<readonly MarathonSetting[]> = entriesOf<MarathonSetting>({
  entries: 'Marathons, each such as {"name": "main", "urls": ["http://192.0.2.10:8080"]}',
  entry: ENTRY,
  // A text would be one node or one Marathon, and nobody could tell which.
  text: () => undefined,
  object: readMarathon,
  identity: (marathon) => marathon.name,
  once: "each name once",
});

function readMarathon(value: Readonly<Record<string, unknown>>, findings: Findings): MarathonSetting | undefined {
  const given = readMembers<MarathonSetting>(value, member, findings);
  if (!given) return undefined;
  const { user = "", password = "", credentialsFile = "", dcos = false } = given;
  const refuse = (at: string, got: unknown, allowed: string) => {
    findings.fault(at, got, allowed);
    return undefined;
  };
  if (given.urls === undefined) return refuse("", value, `urls: a list of ${URLS}`);
  if (user === "" && password !== "") return refuse(".user", user, "the user of the password");
  if (user !== "" && dcos) return refuse(".user", user, "no user where dcos is true: the service account has one");
  if (user !== "" && credentialsFile !== "")
    return refuse(".credentialsFile", credentialsFile, "a file, or user and password, not both");
  return { name: FIRST_NAME, user, password, credentialsFile, dcos, caFile: "", ...given, urls: given.urls };
}

/** Marathon may stand below a path, as behind DC/OS's gate: `https://dcos.example.com/service/marathon`. */
function readUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search + url.hash + url.username + url.password !== "")
    return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
