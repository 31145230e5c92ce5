#!/usr/bin/env node
/** The program: one command, and the exit code that says what became of it. */
import { MesosDnsError, messageOf } from "./base/errors.js";
import { printable } from "./base/printable.js";
import { VERSION } from "./base/version.js";
import { parseCommandLine } from "./cli/arguments.js";
import { loadOptions } from "./cli/configuration.js";
import { HELP, helpOf } from "./cli/help.js";
import { nameOf } from "./cli/lb/names.js";
import { runServer } from "./cli/serve.js";
import { loadConfig } from "./config/load.js";

async function main([program = "", ...argv]: readonly string[]): Promise<void> {
  const name = nameOf(program);
  if (name !== undefined) {
    const { actAs } = await import("./cli/lb/act-as.js");
    return actAs(name, argv);
  }
  const command = parseCommandLine(argv);
  switch (command.kind) {
    case "help":
      process.stdout.write(command.of === undefined ? HELP : helpOf(command.of));
      return;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return;
    case "zone": {
      const { config } = loadConfig(loadOptions(command.configFile, false));
      // Serving needs none of what this loads.
      const { printZone } = await import("./cli/zone.js");
      return printZone(command.stateFile, config, command.zone);
    }
    case "transfer-config": {
      const { config } = loadConfig(loadOptions(command.configFile, false));
      const { printTransferConfig } = await import("./cli/transfer-config.js");
      return printTransferConfig(command, config);
    }
    case "vips": {
      const { runVips } = await import("./cli/vips.js");
      return runVips(command);
    }
    case "explain": {
      const { runExplain } = await import("./cli/explain.js");
      return runExplain(command.words);
    }
    case "query": {
      const { runQuery } = await import("./cli/query.js");
      return runQuery(command.words);
    }
    case "top": {
      const { runTop } = await import("./cli/top.js");
      return runTop(command.words);
    }
    case "tail": {
      const { runTail } = await import("./cli/tail.js");
      return runTail(command.words);
    }
    case "doctor": {
      const { runDoctor } = await import("./cli/doctor/doctor.js");
      return runDoctor(command.words);
    }
    case "compare": {
      const { runCompare } = await import("./cli/compare.js");
      return runCompare(command.words);
    }
    case "completion":
    case "manual": {
      const { printCompletion, printManual } = await import("./cli/manual/manual.js");
      return (command.kind === "completion" ? printCompletion : printManual)(command.words);
    }
    case "lb": {
      const { runLb } = await import("./cli/lb/lb.js");
      return runLb(command.words);
    }
    case "serve":
      return runServer(command);
  }
}

/** A report of several faults has a line for each. */
function linesOf(error: MesosDnsError): string {
  return messageOf(error).split("\n").map(printable).join("\n");
}

main(process.argv.slice(1)).catch((error: unknown) => {
  const text = error instanceof MesosDnsError ? linesOf(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`mesos-dns: ${text}\n`);
  process.exit(1);
});
