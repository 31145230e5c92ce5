import { lookup } from "node:dns/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, type JsonObject, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { renderBridge } from "../../lb/bridge.js";
import { buildBalancer } from "../../lb/haproxy/build.js";
import type { Conflict } from "../../lb/haproxy/claims.js";
import { renderBalancer, renderMap } from "../../lb/haproxy/render.js";
import { renderMarathonLb } from "../../lb/marathon-lb/render.js";
import { TEXT_NAMES, Templates } from "../../lb/marathon-lb/templates.js";
import { type Notice, type Service, servicesOf } from "../../lb/services.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { readApps } from "../../sources/marathon/read-apps.js";
import type { LbFlags } from "./flags.js";

const DEFAULT_CONFIG = "/etc/haproxy/haproxy.cfg";
const HOSTS_MAP = "domain2backend.map";
const APPS_MAP = "app2backend.map";
const DEFAULT_CERTIFICATE = "/etc/ssl/cert.pem";
const DEFAULT_PORTS = { min: 10_050, max: 10_100 };

type Env = Readonly<Record<string, string | undefined>>;

/** `mesos-dns lb render`: writes the configuration to standard output. */
export async function renderConfiguration(flags: LbFlags, env: Env): Promise<void> {
  process.stdout.write(await rendered(flags, env));
}

async function rendered(flags: LbFlags, env: Env): Promise<string> {
  switch (flags.format) {
    case "bridge":
      return renderBridge(readText(flags.tasksFile, "--tasks"));
    case "marathon-lb":
      return marathonLb(flags, env);
    case "haproxy":
    case undefined:
      return haproxy(flags, env);
    default:
      throw new MesosDnsError("USAGE", "--format is needed; see mesos-dns --help");
  }
}

async function marathonLb(flags: LbFlags, env: Env): Promise<string> {
  if (flags.groups.length === 0) throw new MesosDnsError("USAGE", 'name at least one --group, or "*" for all');
  const templates = new Templates(givenTexts(flags.templatesDir, env), env.HAPROXY_GLOBAL_DEFAULT_OPTIONS);
  const config = flags.haproxyConfig ?? DEFAULT_CONFIG;
  const { text, maps, notices } = renderMarathonLb(await services(flags, env), templates, {
    groups: new Set(flags.groups),
    folder: dirname(config),
    usesMaps: flags.usesMaps,
    bindsHttp: flags.bindsHttp,
    groupsHttps: flags.groupsHttps,
    certificates: (flags.certificates ?? DEFAULT_CERTIFICATE).split(","),
  });
  report(notices);
  if (flags.usesMaps) writeMaps(flags, maps.domains, maps.apps);
  return text;
}

function requireGroup({ groups }: LbFlags): void {
  if (groups.length === 0) throw new MesosDnsError("USAGE", 'name at least one --group, or "*" for all');
}

function writeMaps({ mapsOut }: LbFlags, hosts: string, apps: string): void {
  if (mapsOut === undefined) return;
  writeFileSync(join(mapsOut, HOSTS_MAP), hosts);
  writeFileSync(join(mapsOut, APPS_MAP), apps);
}

function conflictNotices({ key, winner, losers }: Conflict): readonly Notice[] {
  const owner = winner === undefined ? "is the load balancer's own" : `is ${winner.appId}'s`;
  return losers.map(({ appId }) => ({ appId, text: `does not get the ${key}, which ${owner}` }));
}

async function haproxy(flags: LbFlags, env: Env): Promise<string> {
  requireGroup(flags);
  const folder = dirname(flags.haproxyConfig ?? DEFAULT_CONFIG);
  const { balancer, conflicts, refused } = buildBalancer(await services(flags, env), {
    groups: new Set(flags.groups),
    http: flags.bindsHttp ? "*:80" : undefined,
    https: flags.bindsHttp ? "*:443" : undefined,
    appId: "*:9091",
    certificates: (flags.certificates ?? DEFAULT_CERTIFICATE).split(","),
    hostsMap: join(folder, HOSTS_MAP),
    appsMap: join(folder, APPS_MAP),
    reservedPorts: new Set(flags.bindsHttp ? [80, 443, 9_090, 9_091] : [9_090, 9_091]),
    holders: new Map(),
    cookieKey: "mesos-dns",
  });
  report(refused.map(({ appId, text }) => ({ appId, text: `left out: ${text}` })));
  report(conflicts.flatMap(conflictNotices));
  writeMaps(flags, renderMap(balancer.maps.hosts), renderMap(balancer.maps.apps));
  return renderBalancer(balancer, {
    socket: "/var/run/haproxy/socket",
    stateFolder: "/var/state/haproxy/",
    stats: "0.0.0.0:9090",
    api: undefined,
    hardStopAfter: 0,
  });
}

async function services(flags: LbFlags, env: Env): Promise<readonly Service[]> {
  const apps = readAppsFile(flags.appsFile);
  const hosts = flags.hostsFile === undefined ? await lookedUp(apps) : readHosts(flags.hostsFile);
  const min = flags.minPort ?? DEFAULT_PORTS.min;
  const max = flags.maxPort ?? DEFAULT_PORTS.max;
  const { services, unreadable, notices } = servicesOf(apps, {
    resolve: (host) => hosts.get(host),
    isStrict: flags.isStrict,
    needsHealth: flags.needsHealth,
    lastHealth: new Map(),
    range: min > 0 && max >= min ? { min, max } : undefined,
    framework: env.FRAMEWORK_NAME,
    allowsTemplates: true,
    readsEnv: false,
  });
  report(notices);
  report(
    unreadable.map(({ appId, index, reason }) => ({ appId, text: `its service ${index} is left out: ${reason}` })),
  );
  return services;
}

function readAppsFile(file: string | undefined): readonly MarathonApp[] {
  const { apps, leftOut } = readApps(readJson(file, "--apps"));
  for (const text of leftOut) process.stderr.write(`${printable(text)}\n`);
  return apps;
}

function readHosts(file: string): ReadonlyMap<string, string> {
  const hosts = readJson(file, "--hosts");
  const entries: JsonObject = isObject(hosts) ? hosts : {};
  return new Map(Object.entries(entries).map(([name, address]) => [name, textOf(address)]));
}

/** The addresses of all agents. A name without one is left out. */
async function lookedUp(apps: readonly MarathonApp[]): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(apps.flatMap(({ tasks }) => tasks.map(({ host }) => host)))];
  const found = await Promise.all(
    names.map(async (name) => {
      const address = await lookup(name, { family: 4 }).catch(() => undefined);
      return address ? [[name, address.address] as const] : [];
    }),
  );
  return new Map(found.flat());
}

/** What an operator has written instead of the built-in texts: in the environment, or in files of a folder. */
function givenTexts(folder: string | undefined, env: Env): ReadonlyMap<string, string> {
  const texts = TEXT_NAMES.flatMap((name): readonly [string, string][] => {
    const given = env[`HAPROXY_${name}`];
    if (given) return [[name, given.replaceAll("\\n", "\n")]];
    const file = folder === undefined ? undefined : readIfThere(join(folder, `HAPROXY_${name}`));
    return file === undefined ? [] : [[name, file]];
  });
  return new Map(texts);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read the template ${file}: ${messageOf(error)}`);
  }
}

function readJson(file: string | undefined, flag: string): unknown {
  try {
    return JSON.parse(readText(file, flag));
  } catch (error) {
    if (error instanceof MesosDnsError) throw error;
    throw new MesosDnsError("MARATHON_INVALID", `${file} is no JSON: ${messageOf(error)}`);
  }
}

function readText(file: string | undefined, flag: string): string {
  if (file === undefined) throw new MesosDnsError("USAGE", `${flag} FILE is needed; see mesos-dns --help`);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file}, which ${flag} names: ${messageOf(error)}`);
  }
}

function report(notices: readonly Notice[]): void {
  for (const { appId, text } of notices) process.stderr.write(`${printable(`${appId}: ${text}`)}\n`);
}
