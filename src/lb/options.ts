/** The configuration's keys as what each part of the load balancer needs. */
import { basename, dirname, join } from "node:path";
import { formatHostPort, type HostPort } from "../base/host-port.js";
import { allowsTemplates, type LbSettings, mapsHosts } from "../config/lb.js";
import type { ModelOptions } from "./haproxy/model.js";
import type { HeadOptions } from "./haproxy/render.js";
import type { MarathonLbOptions } from "./marathon-lb/render.js";
import type { ServiceOptions } from "./services.js";

/** Names that marathon-lb's maps have as well. */
const HOSTS_MAP = "domain2backend.map";
const APPS_MAP = "app2backend.map";
/** What cookies are made with of servers that come while HAProxy runs: the same on every load balancer, so that they share clients. */
export const COOKIE_KEY = "mesosdns";

export interface LbPaths {
  /** The folder of the configuration, its maps and its state. */
  readonly folder: string;
  /** The file of the configuration, without its ending. */
  readonly name: string;
  readonly socket: string;
  readonly maps: { readonly hosts: string; readonly apps: string };
}

export function pathsOf({ haproxy }: Pick<LbSettings, "haproxy">): LbPaths {
  const file = haproxy.configFile === "" ? join(haproxy.runDir, "haproxy.cfg") : haproxy.configFile;
  const folder = dirname(file);
  return {
    folder,
    name: basename(file).replace(/\.cfg$/u, ""),
    socket: join(haproxy.runDir, `${basename(file).replace(/\.cfg$/u, "")}.sock`),
    maps: { hosts: join(folder, HOSTS_MAP), apps: join(folder, APPS_MAP) },
  };
}

export function serviceOptions(
  settings: LbSettings,
): Omit<ServiceOptions, "resolve" | "lastHealth" | "framework" | "now"> {
  const { min, max } = settings.ports;
  return {
    isStrict: settings.strict,
    needsHealth: settings.healthy,
    range: min > 0 && max >= min ? { min, max } : undefined,
    allowsTemplates: allowsTemplates(settings),
    readsEnv: settings.legacyEnv,
  };
}

export function modelOptions(settings: LbSettings): ModelOptions {
  const { http, https, appId, certificates } = settings.vhosts;
  const { maps } = pathsOf(settings);
  return {
    groups: new Set(settings.groups),
    http: bindOf(http),
    https: certificates.length > 0 ? bindOf(https) : undefined,
    appId: bindOf(appId),
    certificates,
    groupsHttps: settings.vhosts.groupHttps,
    hostsMap: maps.hosts,
    appsMap: maps.apps,
    cookieKey: COOKIE_KEY,
  };
}

/** Where marathon-lb's HTTPS has its certificate, unless it is told otherwise. */
export const DEFAULT_CERTIFICATE = "/etc/ssl/cert.pem";

export function marathonLbOptions(settings: LbSettings): MarathonLbOptions {
  const { http, groupHttps, certificates } = settings.vhosts;
  return {
    groups: new Set(settings.groups),
    folder: pathsOf(settings).folder,
    usesMaps: mapsHosts(settings),
    bindsHttp: http !== false,
    groupsHttps: groupHttps,
    certificates: certificates.length > 0 ? certificates : [DEFAULT_CERTIFICATE],
  };
}

/** Ports that no service can have. */
export function ownPorts({ vhosts, listen }: LbSettings): ReadonlySet<number> {
  const { http, https, appId, stats } = vhosts;
  return new Set([http, https, appId, stats, listen].flatMap((bind) => (bind === false ? [] : bind.port)));
}

/** @param api where this program answers, if it does */
export function headOptions(settings: LbSettings, api: HostPort | undefined): HeadOptions {
  const { folder, socket } = pathsOf(settings);
  return {
    socket,
    stateFolder: folder,
    stats: bindOf(settings.vhosts.stats),
    api: api && formatHostPort(api),
    hardStopAfter: settings.haproxy.hardStopAfter,
  };
}

function bindOf(bind: HostPort | false): string | undefined {
  return bind === false ? undefined : formatHostPort(bind);
}
