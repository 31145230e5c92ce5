import { MesosDnsError } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import type { Config } from "../../config/config.js";
import type { LbSettings } from "../../config/lb.js";
import { loadConfig } from "../../config/load.js";
import { loadOptions } from "../configuration.js";
import { type LbFlags, parseLbFlags } from "./flags.js";
import { renderConfiguration } from "./render.js";
import { withFlags } from "./settings.js";

/** `mesos-dns lb`: HAProxy's configuration from what runs. @param words those behind `lb` */
export async function runLb([action, ...words]: readonly string[]): Promise<void> {
  if (action === "deploy") {
    const { runDeploy } = await import("./deploy.js");
    return runDeploy(words);
  }
  const flags = parseLbFlags(words);
  switch (action) {
    case "render":
      return renderConfiguration(flags, settingsOf(flags), process.env);
    case "run": {
      const { runLbProgram } = await import("../../lb-run/program.js");
      return runLbProgram({ ...runSettings(flags), verbosity: flags.verbosity, env: process.env });
    }
    case "status": {
      const { printStatus } = await import("./status.js");
      return printStatus(settingsOf(flags));
    }
    default:
      throw new MesosDnsError("USAGE", "lb needs one of render, run, status, deploy; see mesos-dns --help");
  }
}

function runSettings(flags: LbFlags): { readonly settings: LbSettings; readonly config: Config } {
  const config = configOf(flags, false);
  const settings = withFlags(flags, config.lb);
  if (settings.source === "mesos") return { settings, config: configOf(flags, true) };
  if (settings.marathons.length > 0) return { settings, config };
  throw new MesosDnsError("USAGE", "lb run needs lb.marathons in its configuration, or --marathon URL");
}

function settingsOf(flags: LbFlags): LbSettings {
  return configOf(flags, false).lb;
}

function configOf({ configFile }: LbFlags, needsMasters: boolean): Config {
  const { config, warnings } = loadConfig(loadOptions(configFile, needsMasters));
  for (const warning of warnings) process.stderr.write(`${printable(warning)}\n`);
  return config;
}
