import { existsSync } from "node:fs";
import { join } from "node:path";
import { MesosDnsError } from "../../base/errors.js";
import type { LbSettings } from "../../config/lb.js";
import { type LbFlags, parseLbFlags } from "./flags.js";
import { imageSettings } from "./image.js";
import type { Env } from "./inputs.js";
import { follow, runSettings, settingsOf, warn } from "./lb.js";
import type { ProgramName } from "./names.js";
import { placesOf, reloadOf } from "./places.js";
import { renderConfiguration } from "./render.js";
import { SERVICE_ROUTER_TEXTS } from "./service-router.js";
import { withFlags } from "./settings.js";

const DEFAULT_MARATHON = "http://master.mesos:8080";
/** Beside where it is started. */
const TEMPLATES = "templates";
const LONG_HELP =
  "docs/load-balancer.md and docs/load-balancer-marathon-lb.md of mesos-dns tell of labels and templates\n";

/** `marathon_lb.py`, `servicerouter.py`, and what the image of marathon-lb runs: `sse` or `poll` before the same flags. */
export async function runMarathonLb(name: ProgramName, words: readonly string[]): Promise<void> {
  const [first = ""] = words;
  const isImage = first === "sse" || first === "poll";
  const flags = withDefaults(parseLbFlags(isImage ? words.slice(1) : words));
  if (words.includes("--longhelp")) return void process.stdout.write(LONG_HELP);
  const isRouter = name === "servicerouter.py";
  if (flags.groups.length === 0 && !isRouter) {
    throw new MesosDnsError("USAGE", 'argument --group is required: please specify at least one group name, or "*"');
  }
  const env = isRouter ? routerEnv(flags, process.env) : process.env;
  if (flags.isDry) {
    warn(flags.warnings);
    return renderConfiguration(flags, asBefore(withFlags(flags, settingsOf(flags)), isRouter), env);
  }
  const settings = asBefore(runSettings(flags, env), isRouter);
  if (isImage) return follow(flags, await imageSettings(first, flags, settings, env), { isOnce: false, env });
  return follow(flags, flags.command ? settings : withSystem(settings, env), { isOnce: !flags.follows, env });
}

function withDefaults(flags: LbFlags): LbFlags {
  const { DCOS_SERVICE_ACCOUNT_CREDENTIAL: account } = process.env;
  return {
    ...flags,
    format: flags.format ?? "marathon-lb",
    marathons: flags.marathons.length > 0 ? flags.marathons : [DEFAULT_MARATHON],
    templatesDir: flags.templatesDir ?? TEMPLATES,
    account: flags.account ?? (account || undefined),
  };
}

/** servicerouter.py reads its settings from the environment of apps. */
function asBefore(settings: LbSettings, isRouter: boolean): LbSettings {
  return { ...settings, legacyEnv: isRouter || settings.legacyEnv };
}

/** Neither has ever started a HAProxy. */
function withSystem(settings: LbSettings, env: Env): LbSettings {
  const reloadCommand = reloadOf(placesOf(env));
  if (reloadCommand.length === 0) {
    warn(["no service of HAProxy is found on this machine: nothing is reloaded; --command says how it is"]);
  }
  return { ...settings, haproxy: { ...settings.haproxy, manage: false, reloadCommand } };
}

/** Its own texts, where nobody has written others. */
function routerEnv({ templatesDir = TEMPLATES }: LbFlags, env: Env): Env {
  const missing = Object.entries(SERVICE_ROUTER_TEXTS).filter(([name]) => !existsSync(join(templatesDir, name)));
  return { ...Object.fromEntries(missing), ...env };
}
