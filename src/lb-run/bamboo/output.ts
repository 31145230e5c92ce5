import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { systemTimers } from "../../base/timers.js";
import { TrustedProxies } from "../../http/client-address.js";
import { createBambooApi } from "../../http/lb/bamboo.js";
import { type HttpServer, startHttp } from "../../http/server.js";
import { defaultTemplate } from "../../lb/bamboo/default-template.js";
import type { TemplateText } from "../../lb/bamboo/render.js";
import type { Rule } from "../../lb/bamboo/rules/rule.js";
import { BambooFile, type BambooItem } from "../../lb/file-formats/bamboo.js";
import { pathsOf } from "../../lb/options.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import type { FileHost } from "../file-host.js";
import { fileHostOf, fileOutputOf, outputOf } from "../file-outputs.js";
import type { OutputParts } from "../haproxy-output.js";
import { goodMemory, MemoryFile } from "../memory-file.js";
import type { Output } from "../output.js";
import { openRules } from "./rules.js";
import { StatsD } from "./statsd.js";

/** The names of Bamboo's counts. */
const UPDATES = {
  reloaded: "haproxy.reload.marathon.reloaded",
  skipped: "haproxy.reload.skipped",
  failed: "haproxy.reload.error",
} as const;
const DURATION = "haproxy.reload.marathon.duration";

/** What Bamboo did: a file of a template, Marathon's apps and rules, with its API and its page to change them. */
export async function bambooOutput(parts: OutputParts): Promise<Output> {
  const { settings, haproxy, log, look } = parts;
  const { host: to, prefix } = settings.statsd;
  const statsd = to === false ? undefined : new StatsD(to, prefix, log);
  const { store: rules, isKnown } = await openRules(settings.bamboo, log);
  const place = { haproxy, folder: pathsOf(settings).folder, log };
  const memory = await MemoryFile.open(goodMemory<BambooItem>("bamboo"), place);
  const format = new BambooFile(memory.known);
  const host = fileHostOf(parts);
  let apps: readonly MarathonApp[] | undefined;
  const files = fileOutputOf(parts, {
    format,
    host,
    known: async () =>
      apps && isKnown() ? { apps, rules: rules.rules(), template: await templateOf(parts) } : undefined,
    onAccepted: () => memory.write(format.good),
    onUpdate: (result, ms) => {
      statsd?.count(UPDATES[result]);
      if (result === "reloaded") statsd?.time(DURATION, ms);
    },
  });
  const lookAgain = () => {
    statsd?.count("callback.marathon");
    look();
  };
  const api = await startApi(parts, {
    rules,
    apps: () => apps,
    check: (rule) => complaintOf(format, host, rule),
    look: lookAgain,
  });
  rules.onChange(() => {
    statsd?.count("reload.domain");
    files.changed(systemTimers.now());
  });
  return outputOf(parts, files, {
    take: (news, since) => {
      apps = news.apps;
      statsd?.count("callback.marathon");
      files.changed(since);
    },
    start: () => {
      statsd?.count("restart");
      files.start();
    },
    stop: async () => {
      await api?.close();
      await rules.close();
      await files.stop();
      statsd?.close();
    },
  });
}

/** It is read for each update, as Bamboo does. */
async function templateOf({ settings }: OutputParts): Promise<TemplateText> {
  const { template } = settings.bamboo;
  if (template === "") return defaultTemplate(settings);
  try {
    return { name: basename(template), text: await readFile(template, "utf8") };
  } catch (error) {
    throw new MesosDnsError("LB_TEMPLATE", `the template ${template} cannot be read: ${messageOf(error)}`);
  }
}

/** What HAProxy has against a rule, if it has nothing against the configuration without it. */
async function complaintOf(format: BambooFile, host: FileHost, rule: Rule): Promise<string | undefined> {
  let text: string | undefined;
  try {
    text = format.withRule(rule);
  } catch (error) {
    return messageOf(error);
  }
  const faults = text === undefined ? undefined : await host.faults(text);
  if (faults === undefined || (await host.faults(format.only(new Set(format.apps)))) !== undefined) return undefined;
  return `HAProxy refuses the rule: ${faults}`;
}

type ApiParts = Pick<Parameters<typeof createBambooApi>[0], "rules" | "apps" | "check" | "look">;

async function startApi({ settings, log }: OutputParts, parts: ApiParts): Promise<HttpServer | undefined> {
  const { listen, token } = settings.bamboo;
  if (listen === false) return undefined;
  const proxies = new TrustedProxies([]);
  const api = createBambooApi({ ...parts, token: () => token, proxies: () => proxies, now: Date.now, log });
  try {
    return await startHttp({ api, ...listen });
  } catch (error) {
    if (!(error instanceof MesosDnsError)) throw error;
    throw new MesosDnsError(error.code, `lb.bamboo.listen: ${error.message}`, { cause: error });
  }
}
