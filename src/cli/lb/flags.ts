import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Verbosity } from "../../base/log.js";
import { wordsOf } from "./words.js";

export const LB_FORMATS = ["haproxy", "marathon-lb", "bridge", "bamboo", "bamboo-state"] as const;
export type LbFormat = (typeof LB_FORMATS)[number];

/** What the command line says. What it does not say is for the configuration. */
export interface LbFlags {
  readonly configFile: string | undefined;
  readonly verbosity: Verbosity;
  readonly format: LbFormat | undefined;
  /** URLs of one cluster's Marathons. */
  readonly marathons: readonly string[];
  /** Files with Marathon's answers: apps as JSON, tasks as text. */
  readonly appsFile: string | undefined;
  readonly tasksFile: string | undefined;
  /** A file with the addresses of agents' names; then nothing is looked up. */
  readonly hostsFile: string | undefined;
  readonly groups: readonly string[];
  readonly servicesFile: string | undefined;
  readonly templateFile: string | undefined;
  readonly templatesDir: string | undefined;
  readonly mapsOut: string | undefined;
  readonly haproxyConfig: string | undefined;
  readonly usesMaps: boolean;
  readonly groupsHttps: boolean;
  readonly bindsHttp: boolean;
  readonly isStrict: boolean;
  readonly needsHealth: boolean;
  readonly certificates: string | undefined;
  readonly minPort: number | undefined;
  readonly maxPort: number | undefined;
  /** What has the system's HAProxy read its configuration again. */
  readonly command: readonly string[] | undefined;
  readonly validates: boolean;
  /** Only print what would be written. */
  readonly isDry: boolean;
  /** `user:password`. */
  readonly credentials: string | undefined;
  readonly credentialsFile: string | undefined;
  /** A service account of DC/OS, as JSON. */
  readonly account: string | undefined;
  readonly caFile: string | undefined;
  /** Bamboo's own configuration. */
  readonly bambooConfig: string | undefined;
  /** Whether to follow, which is done in any case but under the names of the programs of before. */
  readonly follows: boolean;
  /** The parts of the command line that have no effect, a sentence each. */
  readonly warnings: readonly string[];
}

const OPTIONS = {
  config: { type: "string" },
  v: { type: "string" },
  format: { type: "string" },
  marathon: { type: "string", short: "m", multiple: true },
  apps: { type: "string" },
  tasks: { type: "string" },
  hosts: { type: "string" },
  group: { type: "string", multiple: true },
  services: { type: "string" },
  template: { type: "string" },
  templates: { type: "string" },
  "maps-out": { type: "string" },
  "haproxy-config": { type: "string" },
  "haproxy-map": { type: "boolean" },
  "group-https-by-vhost": { type: "boolean" },
  "dont-bind-http-https": { type: "boolean" },
  "strict-mode": { type: "boolean" },
  "health-check": { type: "boolean", short: "H" },
  "ssl-certs": { type: "string" },
  "min-serv-port-ip-per-task": { type: "string" },
  "max-serv-port-ip-per-task": { type: "string" },
  command: { type: "string", short: "c" },
  "skip-validation": { type: "boolean" },
  dry: { type: "boolean", short: "d" },
  "auth-credentials": { type: "string" },
  "marathon-auth-credential-file": { type: "string" },
  "dcos-auth-credentials": { type: "string" },
  "marathon-ca-cert": { type: "string" },
  "bamboo-config": { type: "string" },
  sse: { type: "boolean", short: "s" },
  "max-reload-retries": { type: "string" },
  "reload-interval": { type: "string" },
  "skip-config-cleanup": { type: "boolean" },
  "archive-versions": { type: "string" },
  "lru-cache-capacity": { type: "string" },
  "max-backoff": { type: "string" },
  "syslog-socket": { type: "string" },
  "log-format": { type: "string" },
  "log-level": { type: "string" },
  listening: { type: "string", short: "l" },
  longhelp: { type: "boolean" },
} as const;

/** Flags of marathon-lb and servicerouter.py without effect, and why. */
const UNUSED = {
  "max-reload-retries": "a reload that fails is tried again after 1 s, 2 s, … up to a minute",
  "reload-interval": "a reload that fails is tried again after 1 s, 2 s, … up to a minute",
  "skip-config-cleanup": "an app that breaks the configuration goes on as it was, and no other app is hurt",
  "archive-versions": "there are no copies: a configuration is replaced only when HAProxy has taken the next one",
  "lru-cache-capacity": "there is no such cache",
  "max-backoff": "events are followed again after 1 s, 2 s, … and lists are read all the time",
  "syslog-socket": "the log goes to standard error, a JSON object a line",
  "log-format": "the log goes to standard error, a JSON object a line",
  "log-level": "-v says how much is logged",
  listening: "events come by a stream now, so nobody has to call back",
} as const;

/**
 * @param words those behind `lb render` or `lb run`
 * @throws {MesosDnsError} USAGE for an unknown flag, or a missing or wrong value
 */
export function parseLbFlags(words: readonly string[]): LbFlags {
  const { values, positionals } = parsed(words);
  const format = LB_FORMATS.find((name) => name === values.format);
  if (values.format !== undefined && format === undefined) {
    throw usage(`--format is ${JSON.stringify(values.format)}, and has to be one of ${LB_FORMATS.join(", ")}`);
  }
  // Words behind --marathon are further URLs, as marathon-lb has it.
  const [stray] = positionals.filter((word) => !/^https?:\/\//u.test(word));
  if (stray !== undefined) throw usage(`unexpected argument ${JSON.stringify(stray)}`);
  const marathons = [...(values.marathon ?? []), ...positionals];
  const strange = marathons.find((url) => url.includes("://") && !/^https?:\/\//u.test(url));
  if (strange !== undefined) {
    throw usage(`--marathon is ${JSON.stringify(strange)}, and has to begin with http:// or https://`);
  }
  return {
    configFile: values.config,
    verbosity: values.v === undefined || values.v === "0" ? 0 : values.v === "1" ? 1 : 2,
    format,
    marathons,
    appsFile: values.apps,
    tasksFile: values.tasks,
    hostsFile: values.hosts,
    groups: values.group ?? [],
    servicesFile: values.services,
    templateFile: values.template,
    templatesDir: values.templates,
    mapsOut: values["maps-out"],
    haproxyConfig: values["haproxy-config"],
    usesMaps: values["haproxy-map"] ?? false,
    groupsHttps: values["group-https-by-vhost"] ?? false,
    bindsHttp: !values["dont-bind-http-https"],
    isStrict: values["strict-mode"] ?? false,
    needsHealth: values["health-check"] ?? false,
    certificates: values["ssl-certs"],
    minPort: portOf(values["min-serv-port-ip-per-task"], "--min-serv-port-ip-per-task"),
    maxPort: portOf(values["max-serv-port-ip-per-task"], "--max-serv-port-ip-per-task"),
    command: values.command === undefined ? undefined : wordsOf(values.command),
    validates: !values["skip-validation"],
    isDry: values.dry ?? false,
    credentials: credentialsOf(values["auth-credentials"]),
    credentialsFile: values["marathon-auth-credential-file"],
    account: values["dcos-auth-credentials"],
    caFile: values["marathon-ca-cert"],
    bambooConfig: values["bamboo-config"],
    follows: values.sse ?? false,
    warnings: Object.entries(UNUSED)
      .filter(([name]) => name in values)
      .map(([name, why]) => `--${name} has no effect: ${why}`),
  };
}

function credentialsOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[^:]+:/u.test(text)) return text;
  throw usage("--auth-credentials has to be user:password");
}

/** As everywhere else, one dash does for a flag with a name. */
function withTwoDashes(word: string): string {
  return /^-[a-z][a-z-]+(?:=|$)/u.test(word) ? `-${word}` : word;
}

/** A number below zero is a value, not a flag. */
function joined(words: readonly string[]): string[] {
  const all: string[] = [];
  for (const word of words) {
    const last = all.at(-1);
    if (/^-\d+$/u.test(word) && last?.startsWith("--")) all[all.length - 1] = `${last}=${word}`;
    else all.push(word);
  }
  return all;
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: joined(words.map(withTwoDashes)), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** 0 turns the assignment of ports off. */
function portOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/u.test(text) && port <= 65_535) return port;
  throw usage(`${flag} is ${JSON.stringify(text)}, and has to be a port, or 0`);
}

function usage(problem: string): MesosDnsError {
  return new MesosDnsError("USAGE", `${problem}; see mesos-dns --help`);
}
