import { resolve } from "node:path";
import { serve } from "../process/serve.js";
import type { Command } from "./arguments.js";
import { checkConfiguration } from "./check.js";
import { loadChecked } from "./configuration.js";

/** `mesos-dns`: serves until a signal stops it. With `--check`, only reports what would prevent that. */
export async function runServer(command: Extract<Command, { kind: "serve" }>): Promise<void> {
  const { configFile, verbosity, check, takeOver } = command;
  if (check) {
    await checkConfiguration(configFile, command.warnings);
    process.stdout.write(`${configFile} is valid\n`);
    return;
  }
  const reload = () => loadChecked(configFile);
  const loaded = await reload();
  const warnings = [...command.warnings, ...loaded.warnings];
  await serve({ ...loaded, warnings, configFile: resolve(configFile), verbosity, takeOver, reload });
}
