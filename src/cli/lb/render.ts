import { lookup } from "node:dns/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { isObject, type JsonObject, textOf } from "../../base/lenient.js";
import { printable } from "../../base/printable.js";
import { type LbSettings, mapsHosts } from "../../config/lb.js";
import { renderBridge } from "../../lb/bridge.js";
import { buildBalancer } from "../../lb/haproxy/build.js";
import { conflictNotices } from "../../lb/haproxy/claims.js";
import { renderBalancer, renderMap } from "../../lb/haproxy/render.js";
import { renderMarathonLb } from "../../lb/marathon-lb/render.js";
import { TEXT_NAMES, Templates } from "../../lb/marathon-lb/templates.js";
import { headOptions, modelOptions, ownPorts, pathsOf, serviceOptions } from "../../lb/options.js";
import { type Notice, type Service, servicesOf } from "../../lb/services.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { readApps } from "../../sources/marathon/read-apps.js";
import type { LbFlags } from "./flags.js";
import { withFlags } from "./settings.js";

type Env = Readonly<Record<string, string | undefined>>;

/** `mesos-dns lb render`: writes the configuration to standard output. */
export async function renderConfiguration(flags: LbFlags, config: LbSettings, env: Env): Promise<void> {
  const settings = { ...withFlags(flags, config), allowTemplates: true };
  process.stdout.write(await rendered(flags, settings, env));
}

async function rendered(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  switch (settings.format) {
    case "bridge":
      return renderBridge(readText(flags.tasksFile, "--tasks"));
    case "marathon-lb":
      return marathonLb(flags, settings, env);
    case "haproxy":
      return haproxy(flags, settings, env);
    case "bamboo":
      throw new MesosDnsError("USAGE", "--format is needed; see mesos-dns --help");
  }
}

async function marathonLb(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  requireGroup(settings);
  const templates = new Templates(givenTexts(settings.templatesDir, env), env.HAPROXY_GLOBAL_DEFAULT_OPTIONS);
  const { text, maps, notices } = renderMarathonLb(await services(flags, settings, env), templates, {
    groups: new Set(settings.groups),
    folder: pathsOf(settings).folder,
    usesMaps: mapsHosts(settings),
    bindsHttp: flags.bindsHttp,
    groupsHttps: settings.vhosts.groupHttps,
    certificates: settings.vhosts.certificates,
  });
  report(notices);
  if (mapsHosts(settings)) writeMaps(flags, settings, maps.domains, maps.apps);
  return text;
}

async function haproxy(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  requireGroup(settings);
  const { balancer, conflicts, refused } = buildBalancer(await services(flags, settings, env), {
    ...modelOptions(settings),
    reservedPorts: ownPorts(settings),
    holders: new Map(),
  });
  report(refused.map(({ appId, text }) => ({ appId, text: `left out: ${text}` })));
  report(conflicts.flatMap(conflictNotices));
  writeMaps(flags, settings, renderMap(balancer.maps.hosts), renderMap(balancer.maps.apps));
  return renderBalancer(balancer, headOptions(settings, undefined));
}

function requireGroup({ groups }: LbSettings): void {
  if (groups.length === 0) throw new MesosDnsError("USAGE", 'name at least one --group, or "*" for all');
}

function writeMaps({ mapsOut }: LbFlags, settings: LbSettings, hosts: string, apps: string): void {
  if (mapsOut === undefined) return;
  const { maps } = pathsOf(settings);
  writeFileSync(join(mapsOut, basename(maps.hosts)), hosts);
  writeFileSync(join(mapsOut, basename(maps.apps)), apps);
}

async function services(flags: LbFlags, settings: LbSettings, env: Env): Promise<readonly Service[]> {
  const apps = readAppsFile(flags.appsFile);
  const hosts = flags.hostsFile === undefined ? await lookedUp(apps) : readHosts(flags.hostsFile);
  const { services, unreadable, notices } = servicesOf(apps, {
    ...serviceOptions(settings),
    resolve: (host) => hosts.get(host),
    lastHealth: new Map(),
    framework: env.FRAMEWORK_NAME,
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
function givenTexts(folder: string, env: Env): ReadonlyMap<string, string> {
  const texts = TEXT_NAMES.flatMap((name): readonly [string, string][] => {
    const given = env[`HAPROXY_${name}`];
    if (given) return [[name, given.replaceAll("\\n", "\n")]];
    const file = folder === "" ? undefined : readIfThere(join(folder, `HAPROXY_${name}`));
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
