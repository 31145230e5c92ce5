import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { MesosDnsError } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import { type LbSettings, mapsHosts } from "../../config/lb.js";
import { renderBamboo } from "../../lb/bamboo/render.js";
import { readGivenRules } from "../../lb/bamboo/rules/given-rules.js";
import { bambooState } from "../../lb/bamboo/state.js";
import { bridgeSections, renderBridge } from "../../lb/bridge.js";
import { Backends } from "../../lb/haproxy/backends.js";
import { buildBalancer } from "../../lb/haproxy/build.js";
import { conflictNotices } from "../../lb/haproxy/claims.js";
import { renderBalancer, renderMap } from "../../lb/haproxy/render.js";
import { renderMarathonLb } from "../../lb/marathon-lb/render.js";
import { Templates } from "../../lb/marathon-lb/templates.js";
import { headOptions, marathonLbOptions, modelOptions, ownPorts, pathsOf, serviceOptions } from "../../lb/options.js";
import { type Notice, type Service, servicesOf } from "../../lb/services.js";
import { textsOf } from "../../lb-run/template-texts.js";
import type { LbFlags } from "./flags.js";
import { appsOf, type Env, hostsOf, readText, tasksOf } from "./inputs.js";
import { withFlags } from "./settings.js";

/** `mesos-dns lb render`: writes the configuration to standard output. */
export async function renderConfiguration(flags: LbFlags, config: LbSettings, env: Env): Promise<void> {
  const settings = { ...withFlags(flags, config), allowTemplates: true };
  process.stdout.write(await rendered(flags, settings, env));
}

async function rendered(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  switch (settings.format) {
    case "bridge":
      return renderBridge(bridgeSections(await tasksOf(flags, settings, env)));
    case "marathon-lb":
      return marathonLb(flags, settings, env);
    case "haproxy":
      return haproxy(flags, settings, env);
    case "bamboo":
      return bamboo(flags, settings, env);
  }
}

async function marathonLb(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  requireGroup(settings);
  const templates = new Templates(textsOf(settings.templatesDir, env), env.HAPROXY_GLOBAL_DEFAULT_OPTIONS);
  const { text, maps, refused } = renderMarathonLb(
    await services(flags, settings, env),
    templates,
    marathonLbOptions(settings),
  );
  report(
    refused.map(({ appId, service, text: reason }) => ({
      appId,
      text: `its service at port ${service.port} is left out: ${reason}`,
    })),
  );
  if (mapsHosts(settings)) writeMaps(flags, settings, maps.domains, maps.apps);
  return text;
}

async function haproxy(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  requireGroup(settings);
  const { balancer, conflicts, refused } = buildBalancer(await services(flags, settings, env), {
    ...modelOptions(settings),
    reservedPorts: ownPorts(settings),
    holders: new Map(),
    backends: new Backends(),
  });
  report(refused.map(({ appId, text }) => ({ appId, text: `left out: ${text}` })));
  report(conflicts.flatMap(conflictNotices));
  writeMaps(flags, settings, renderMap(balancer.maps.hosts), renderMap(balancer.maps.apps));
  return renderBalancer(balancer, headOptions(settings, undefined));
}

async function bamboo(flags: LbFlags, settings: LbSettings, env: Env): Promise<string> {
  const apps = await appsOf(flags, settings, env);
  const { servicesFile } = flags;
  const rules =
    servicesFile === undefined ? new Map() : readGivenRules(readText(servicesFile, "--services"), servicesFile);
  if (flags.format === "bamboo-state") return bambooState(apps, rules, Date.now());
  const name = flags.templateFile ?? settings.bamboo.template;
  if (name === "") throw new MesosDnsError("USAGE", "--template FILE is needed; see mesos-dns --help");
  return renderBamboo(apps, rules, { name: basename(name), text: readText(name, "--template") }, Date.now());
}

async function services(flags: LbFlags, settings: LbSettings, env: Env): Promise<readonly Service[]> {
  const apps = await appsOf(flags, settings, env);
  const hosts = await hostsOf(flags, apps);
  const { services, unreadable, notices } = servicesOf(apps, {
    ...serviceOptions(settings),
    resolve: (host) => hosts.get(host),
    lastHealth: new Map(),
    now: undefined,
    framework: env.FRAMEWORK_NAME,
  });
  report(notices);
  report(
    unreadable.map(({ appId, index, reason }) => ({ appId, text: `its service ${index} is left out: ${reason}` })),
  );
  return services;
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

function report(notices: readonly Notice[]): void {
  for (const { appId, text } of notices) process.stderr.write(`${printable(`${appId}: ${text}`)}\n`);
}
