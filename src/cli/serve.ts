import { resolve } from "node:path";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { type Checked, serve } from "../process/serve.js";
import { claimUdp } from "../transport/claim.js";
import { planUdp } from "../transport/udp.js";
import type { Command } from "./arguments.js";
import { loadChecked } from "./configuration.js";

/** `mesos-dns`: serves until a signal stops it. With `--check`, only reports what would prevent that. */
export async function runServer(command: Extract<Command, { kind: "serve" }>): Promise<void> {
  const { configFile, verbosity, check, takeOver } = command;
  const reload = () => loadChecked(configFile);
  const loaded = await reload();
  const warnings = [...command.warnings, ...loaded.warnings];
  if (check) {
    for (const warning of warnings) warn(warning);
    await checkMachine(loaded);
    process.stdout.write(`${configFile} is valid\n`);
    return;
  }
  await serve({ ...loaded, warnings, configFile: resolve(configFile), verbosity, takeOver, reload });
}

/** Checks everything that a start checks, except for ports in use. */
async function checkMachine({ config, troubles }: Checked): Promise<void> {
  const found: unknown[] = [...troubles];
  const note = (error: unknown) => found.push(error);
  const servers = [...(config.dnson ? config.listener : []), ...(config.httpon ? [config.httplistener] : [])];
  for (const host of new Set(servers)) await claimUdp({ host, port: 0 }).catch(note);
  try {
    planUdp(config, { warn });
  } catch (error) {
    note(error);
  }
  const [first] = found;
  if (first instanceof MesosDnsError) throw new MesosDnsError(first.code, found.map(messageOf).join("\n"));
  if (first !== undefined) throw first;
}

function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}
