import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MesosDnsError, messageOf } from "../../base/errors.js";
import { printable } from "../../base/printable.js";
import type { LbSettings } from "../../config/lb.js";
import { bambooState } from "../../lb/bamboo/state.js";
import type { LbFlags } from "./flags.js";
import { appsOf, type Env } from "./inputs.js";
import { findingsOf, madeNow, rulesOf } from "./made.js";
import { requireGroup, withFlags } from "./settings.js";

/** `mesos-dns lb render`: writes the configuration to standard output, and what is not as it was asked for to standard error. */
export async function renderConfiguration(flags: LbFlags, config: LbSettings, env: Env): Promise<void> {
  const settings = { ...withFlags(flags, config), allowTemplates: true };
  if (flags.format === "bamboo-state") {
    const apps = await appsOf(flags, settings, env);
    return void process.stdout.write(bambooState(apps, rulesOf(flags, settings), Date.now()));
  }
  requireGroup(flags, settings);
  const { content, carried } = await madeNow(flags, settings, env);
  for (const { appId, text } of findingsOf(carried)) process.stderr.write(`${printable(`${appId}: ${text}`)}\n`);
  if (flags.mapsOut !== undefined) {
    for (const [name, text] of content.maps) writeMap(join(flags.mapsOut, name), text);
  }
  process.stdout.write(content.text);
}

function writeMap(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new MesosDnsError("USAGE", `cannot write ${path}, where --maps-out has it: ${messageOf(error)}`);
  }
}
