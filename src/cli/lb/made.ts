import { basename } from "node:path";
import { allowsTemplates, type LbSettings } from "../../config/lb.js";
import type { Rules } from "../../lb/bamboo/data.js";
import { defaultTemplate } from "../../lb/bamboo/default-template.js";
import type { TemplateText } from "../../lb/bamboo/render.js";
import { readGivenRules } from "../../lb/bamboo/rules/given-rules.js";
import { decodeRules } from "../../lb/bamboo/rules/rules-file.js";
import { BambooFile } from "../../lb/file-formats/bamboo.js";
import { BridgeFile } from "../../lb/file-formats/bridge.js";
import type { Made } from "../../lb/file-formats/format.js";
import { MarathonLbFiles } from "../../lb/file-formats/marathon-lb.js";
import { conflictNotices } from "../../lb/haproxy/claims.js";
import { NO_MEMORY } from "../../lb/haproxy/memory.js";
import { LbModel } from "../../lb/haproxy/model.js";
import { renderBalancer, renderMap } from "../../lb/haproxy/render.js";
import { Templates } from "../../lb/marathon-lb/templates.js";
import { headOptions, marathonLbOptions, modelOptions, ownPorts, pathsOf, serviceOptions } from "../../lb/options.js";
import { type Notice, type Services, servicesOf } from "../../lb/services.js";
import { textsOf } from "../../lb-run/template-texts.js";
import type { LbFlags } from "./flags.js";
import { appsOf, type Env, hostsOf, readText, tasksOf } from "./inputs.js";

/** The configuration for what there is now, in the format of the settings. Rejects with a `MesosDnsError`. */
export async function madeNow(flags: LbFlags, settings: LbSettings, env: Env): Promise<Made> {
  switch (settings.format) {
    case "bridge":
      return new BridgeFile([]).make(await tasksOf(flags, settings, env));
    case "marathon-lb":
      return marathonLb(flags, settings, env);
    case "haproxy":
      return haproxy(flags, settings, env);
    case "bamboo": {
      const apps = await appsOf(flags, settings, env);
      const known = { apps, rules: rulesOf(flags, settings), template: templateOf(flags, settings) };
      return new BambooFile([]).make(known, Date.now());
    }
  }
}

async function marathonLb(flags: LbFlags, settings: LbSettings, env: Env): Promise<Made> {
  const templates = new Templates(textsOf(settings.templatesDir, env), env.HAPROXY_GLOBAL_DEFAULT_OPTIONS);
  const { maps } = pathsOf(settings);
  const options = { templates, render: marathonLbOptions(settings), maps, allowsTemplates: allowsTemplates(settings) };
  return new MarathonLbFiles(options, []).make(await services(flags, settings, env));
}

async function haproxy(flags: LbFlags, settings: LbSettings, env: Env): Promise<Made> {
  const now = await services(flags, settings, env);
  const model = new LbModel(modelOptions(settings), ownPorts(settings), 0, NO_MEMORY);
  const { balancer, conflicts, refused } = model.build(now, 0);
  const { maps } = pathsOf(settings);
  const texts: readonly (readonly [string, string])[] = [
    [basename(maps.hosts), renderMap(balancer.maps.hosts)],
    [basename(maps.apps), renderMap(balancer.maps.apps)],
  ];
  return {
    content: { text: renderBalancer(balancer, headOptions(settings, undefined)), maps: new Map(texts) },
    carried: { services: [], refused, conflicts: conflicts.flatMap(conflictNotices), notices: now.notices },
  };
}

async function services(flags: LbFlags, settings: LbSettings, env: Env): Promise<Services> {
  const apps = await appsOf(flags, settings, env);
  const hosts = await hostsOf(flags, apps);
  return servicesOf(apps, {
    ...serviceOptions(settings),
    resolve: (host) => hosts.get(host),
    lastHealth: new Map(),
    now: undefined,
    framework: env.FRAMEWORK_NAME,
  });
}

/** Those that somebody has written, or that the API has stored in a file. */
export function rulesOf({ servicesFile }: LbFlags, { bamboo: { file } }: Pick<LbSettings, "bamboo">): Rules {
  if (servicesFile !== undefined) return readGivenRules(readText(servicesFile, "--services"), servicesFile);
  return file === "" ? new Map() : decodeRules(readText(file, "lb.bamboo.file"), file);
}

function templateOf({ templateFile }: LbFlags, settings: LbSettings): TemplateText {
  const name = templateFile ?? settings.bamboo.template;
  return name === "" ? defaultTemplate(settings) : { name: basename(name), text: readText(name, "--template") };
}

/** What is not as it was asked for. */
export function findingsOf({ refused, conflicts, notices }: Made["carried"]): readonly Notice[] {
  const left = refused.map(({ appId, index, reason }) => {
    return { appId, text: `${index === undefined ? "it" : `its service ${index}`} is left out: ${reason}` };
  });
  return [...left, ...conflicts, ...notices];
}
