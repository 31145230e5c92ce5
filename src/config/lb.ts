/** The load balancer as it is configured: `mesos-dns lb` reads it, the server does not. */
import type { HostPort } from "../base/host-port.js";

/** Where services come from. */
export type LbSource = "marathon" | "mesos";
/** What is written: HAProxy's configuration in this program's own form, or as one of those did that it replaces. */
export type LbFormat = "haproxy" | "marathon-lb" | "bridge" | "bamboo";
/** Which tasks of an app with health checks get connections. */
export type LbHealthy = "required" | "known" | "ignore";

export interface LbConfig {
  readonly lb: LbSettings;
}

export interface LbSettings {
  readonly enabled: boolean;
  /** Where the program's own HTTP is: status, metrics, what HAProxy forwards to it. */
  readonly listen: HostPort;
  readonly source: LbSource;
  /** Hold passwords: never log them. */
  readonly marathons: readonly MarathonSetting[];
  /** `*` stands for all apps; empty for those without a group. */
  readonly groups: readonly string[];
  /** Whether a service has to be turned on by its label. */
  readonly strict: boolean;
  readonly healthy: LbHealthy;
  readonly format: LbFormat;
  readonly vhosts: LbVhosts;
  /** The service ports that container apps without any get: from `min` to `max`, both included; both 0 for none. */
  readonly ports: { readonly min: number; readonly max: number };
  /** A folder of templates, or "". */
  readonly templatesDir: string;
  readonly haproxy: LbHaproxy;
  /** Seconds between two full reads of a Marathon. */
  readonly refreshSeconds: number;
  /** Whether labels may hold templates; "auto" where the format is marathon-lb. */
  readonly allowTemplates: "auto" | boolean;
  /** Changes within `coalesceMs` are one reload, and reloads are that many seconds apart. */
  readonly reload: { readonly coalesceMs: number; readonly minIntervalSeconds: number };
  readonly drainSeconds: number;
  /** Seconds for which the empty backend of an app that is gone stays. */
  readonly lingerSeconds: number;
  readonly bamboo: LbBamboo;
  /** `false` for none. */
  readonly statsd: { readonly host: HostPort | false; readonly prefix: string };
  /** Whether settings are read from the environment of apps where they have no label. */
  readonly legacyEnv: boolean;
}

/** One Marathon: its nodes, and how to log in to it. */
export interface MarathonSetting {
  /** In the log and in metrics. */
  readonly name: string;
  /** Without a final slash, in the order in which they are asked. At least one. */
  readonly urls: readonly string[];
  /** Basic authentication; "" for none. Never log the password. */
  readonly user: string;
  readonly password: string;
  /** Path of a file with `user:password`, or with a service account where `dcos` is true; or "". */
  readonly credentialsFile: string;
  /** Whether to log in to DC/OS. */
  readonly dcos: boolean;
  /** Path of a PEM file with the authorities that sign its certificate, or "". */
  readonly caFile: string;
}

/** The shared frontends. */
export interface LbVhosts {
  /** Whether hosts are looked up in map files; "auto" where the format is haproxy. */
  readonly map: "auto" | boolean;
  /** Whether each virtual host has an HTTPS frontend of its own. */
  readonly groupHttps: boolean;
  /** Where they are bound; `false` for none. */
  readonly http: HostPort | false;
  readonly https: HostPort | false;
  readonly appId: HostPort | false;
  readonly stats: HostPort | false;
  /** Paths of PEM files, each with certificate and key; without any, there is no HTTPS. */
  readonly certificates: readonly string[];
}

export interface LbHaproxy {
  readonly binary: string;
  /** "": `haproxy.cfg` in `runDir`. */
  readonly configFile: string;
  readonly runDir: string;
  /** Whether this program starts HAProxy itself. */
  readonly manage: boolean;
  /** A program and its arguments. */
  readonly reloadCommand: readonly string[];
  readonly validate: boolean;
  /** 0: never. */
  readonly hardStopAfter: number;
}

export interface LbBamboo {
  /** `false` for none. */
  readonly listen: HostPort | false;
  /** `zk://[user:password@]host:port,…` without a path, or "". Never log it unmasked. */
  readonly zookeeper: string;
  /** The znode above the rules. */
  readonly path: string;
  /** Path of a file that holds the rules, or "". */
  readonly file: string;
  /** Path of a template, or "" for Bamboo's own. */
  readonly template: string;
  /** Whether an app without a rule is reachable below its id. */
  readonly defaultRule: boolean;
  /** What writes need, or "". Never log it. */
  readonly token: string;
}

/** Whether labels may hold templates. */
export function allowsTemplates({ allowTemplates, format }: Pick<LbSettings, "allowTemplates" | "format">): boolean {
  return allowTemplates === "auto" ? format === "marathon-lb" : allowTemplates;
}

/** Whether hosts are looked up in map files. */
export function mapsHosts({ vhosts, format }: Pick<LbSettings, "vhosts" | "format">): boolean {
  return vhosts.map === "auto" ? format === "haproxy" : vhosts.map;
}
