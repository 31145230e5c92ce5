import { parseArgs } from "node:util";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import type { Verbosity } from "../../base/log.js";

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
  return {
    configFile: values.config,
    verbosity: values.v === undefined || values.v === "0" ? 0 : values.v === "1" ? 1 : 2,
    format,
    marathons: [...(values.marathon ?? []), ...positionals],
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
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: words.map(withTwoDashes), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

/** The long flags of the other commands may be written with one dash, and so may these. */
function withTwoDashes(word: string): string {
  const [, name = ""] = /^-([a-z][a-z-]+)(?:=|$)/u.exec(word) ?? [];
  return Object.hasOwn(OPTIONS, name) ? `-${word}` : word;
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
