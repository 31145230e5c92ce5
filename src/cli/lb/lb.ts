import { MesosDnsError } from "../../base/errors.js";
import { loadConfig } from "../../config/load.js";
import { loadOptions } from "../configuration.js";
import { type LbFlags, parseLbFlags } from "./flags.js";
import { renderConfiguration } from "./render.js";

/** `mesos-dns lb`: HAProxy's configuration from what runs. @param words those behind `lb` */
export function runLb([action, ...words]: readonly string[]): Promise<void> {
  const flags = parseLbFlags(words);
  if (action === "render") return renderConfiguration(flags, settingsOf(flags), process.env);
  throw new MesosDnsError("USAGE", "lb needs one of render; see mesos-dns --help");
}

function settingsOf({ configFile }: LbFlags) {
  return loadConfig(loadOptions(configFile, false)).config.lb;
}
