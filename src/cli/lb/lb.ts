import { readFileSync } from "node:fs";
import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import type { LbSettings } from "../../config/lb.js";
import { type Loaded, loadConfig } from "../../config/load.js";
import { loadOptions } from "../configuration.js";
import { withBambooConfig } from "./bamboo-config.js";
import { type LbFlags, parseLbFlags } from "./flags.js";
import type { Env } from "./inputs.js";
import { placesOf } from "./places.js";
import { renderConfiguration } from "./render.js";
import { ownSettings, withFlags } from "./settings.js";

/** `mesos-dns lb`: HAProxy's configuration from what runs. @param words those behind `lb` */
export async function runLb([action, ...words]: readonly string[]): Promise<void> {
  switch (action) {
    case "render": {
      const flags = parseLbFlags(words);
      return renderConfiguration(flags, settingsOf(flags), envOf(flags));
    }
    case "run": {
      const flags = parseLbFlags(words);
      if (flags.isDry) throw new MesosDnsError("USAGE", "lb run has no --dry: lb render prints what it would carry");
      return follow(flags, ownSettings(flags, runSettings(flags, process.env)), { isOnce: false });
    }
    case "check": {
      const flags = parseLbFlags(words);
      const { checkBalancer } = await import("./check.js");
      return checkBalancer(flags, withFlags(flags, settingsOf(flags)), envOf(flags));
    }
    case "status": {
      const { printStatus } = await import("./status.js");
      return printStatus(settingsOf(parseLbFlags(words)));
    }
    case "link": {
      const { linkNames } = await import("./link.js");
      return linkNames(words, process.argv[1] ?? "");
    }
    case "deploy": {
      const { runDeploy } = await import("./deploy.js");
      return runDeploy(words);
    }
    default:
      throw new MesosDnsError(
        "USAGE",
        "lb needs one of render, run, check, status, link, deploy; see mesos-dns --help",
      );
  }
}

export interface FollowOptions {
  /** Whether to end after the first update. */
  readonly isOnce: boolean;
  readonly env?: Env;
}

/** Carries services until a signal ends it, or once. */
export async function follow(flags: LbFlags, settings: LbSettings, options: FollowOptions): Promise<void> {
  warn(flags.warnings);
  const { runLbProgram, updateOnce } = await import("../../lb-run/program.js");
  const env = { ...envOf(flags), ...options.env };
  const config = loaded(flags, settings.source === "mesos").config;
  const program = { settings, config, verbosity: flags.verbosity, env };
  return options.isOnce ? updateOnce(program) : runLbProgram(program);
}

/** What `lb run` does. @throws {MesosDnsError} if it is not said whom to follow */
export function runSettings(flags: LbFlags, env: Env): LbSettings {
  const config = settingsOf(flags);
  const { bambooConfig } = flags;
  const bamboo = bambooConfig === undefined ? undefined : withBambooConfig(bambooConfig, env, config);
  warn(bamboo?.warnings ?? []);
  const isBridge = (flags.format ?? config.format) === "bridge";
  const marathons = flags.marathons.length > 0 || !isBridge || bamboo ? flags.marathons : bridgeMarathons(env);
  const settings = withFlags({ ...flags, marathons }, bamboo?.settings ?? config);
  if (marathons.length === 0 && !bamboo && !config.enabled) {
    throw new MesosDnsError("USAGE", "lb run needs lb.enabled to be true in its configuration, or --marathon URL");
  }
  if (settings.marathons.length > 0 || settings.source === "mesos") return settings;
  throw new MesosDnsError("USAGE", "lb run needs lb.marathons in its configuration, or --marathon URL");
}

/** What `haproxy-marathon-bridge install_cronjob` has noted; empty if there is no such file. */
export function bridgeMarathons(env: Env): readonly string[] {
  const file = placesOf(env).bridgeMarathons;
  try {
    return readFileSync(file, "utf8").split(/\s+/u).filter(Boolean);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw new MesosDnsError("CONFIG_UNREADABLE", `cannot read ${file}, which names Marathons: ${messageOf(error)}`);
  }
}

export function settingsOf(flags: LbFlags): LbSettings {
  const { config, warnings } = loaded(flags, false);
  warn(warnings);
  return config.lb;
}

function loaded({ configFile }: LbFlags, needsMasters: boolean): Loaded {
  return loadConfig(loadOptions(configFile, needsMasters));
}

/** With the account that the command line has. */
function envOf({ account }: LbFlags): Env {
  return account === undefined ? process.env : { ...process.env, DCOS_SERVICE_ACCOUNT_CREDENTIAL: account };
}

export function warn(lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
}
