#!/usr/bin/env node
/** The process: command line, signals, exit codes. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { MesosDnsError, messageOf } from "./base/errors.js";
import { printable } from "./base/printable.js";
import { VERSION } from "./base/version.js";
import { type Command, HELP, parseCommandLine } from "./cli/arguments.js";
import { findTroubles } from "./cli/preflight.js";
import { printZone } from "./cli/zone.js";
import type { Config } from "./config/config.js";
import { type LoadOptions, loadConfig, loadWithNames } from "./config/load.js";
import { nameserversOf } from "./config/resolv-conf.js";
import { type Checked, serve } from "./process/serve.js";
import { createStateReader } from "./sources/mesos/reader.js";
import { readCertificates } from "./transport/certificate.js";
import { claimUdp } from "./transport/claim.js";
import { planUdp } from "./transport/udp.js";

async function main(argv: readonly string[]): Promise<void> {
  const command = parseCommandLine(argv);
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return;
    case "zone":
      await printZone(command.stateFile, loadConfig(loadOptions(command.configFile, false)).config, command.zone);
      return;
    case "serve":
      await runServer(command);
  }
}

async function runServer(command: Extract<Command, { kind: "serve" }>): Promise<void> {
  const { configFile, verbosity, check, takeOver } = command;
  const loadChecked = async () => {
    const loaded = await loadWithNames(loadOptions(configFile, true), addressOf);
    await checkCredentials(loaded.config);
    return {
      ...loaded,
      certificates: readCertificates(loaded.config),
      troubles: await findTroubles(loaded.config, Date.now()),
    };
  };
  const loaded = await loadChecked();
  const warnings = [...command.warnings, ...loaded.warnings];
  if (check) {
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    await checkMachine(loaded);
    process.stdout.write(`${configFile} is valid\n`);
    return;
  }
  await serve({ ...loaded, warnings, configFile: resolve(configFile), verbosity, takeOver, reload: loadChecked });
}

/** What a start would find but for ports in use. */
async function checkMachine({ config, troubles }: Checked): Promise<void> {
  const found: unknown[] = [...troubles];
  const note = (error: unknown) => found.push(error);
  const servers = [...(config.dnson ? config.listener : []), ...(config.httpon ? [config.httplistener] : [])];
  for (const host of new Set(servers)) await claimUdp({ host, port: 0 }).catch(note);
  try {
    const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);
    planUdp(config, { warn });
  } catch (error) {
    note(error);
  }
  const [first] = found;
  if (first instanceof MesosDnsError) throw new MesosDnsError(first.code, found.map(messageOf).join("\n"));
  if (first !== undefined) throw first;
}

function loadOptions(file: string | undefined, needsMasters: boolean): LoadOptions {
  return {
    ...(file !== undefined && { file }),
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    systemResolvers: () => nameserversOf(readFileSync("/etc/resolv.conf", "utf8"), machineAddresses()),
    machineAddresses,
    needsMasters,
  };
}

/** The address to listen at for a host name: an IPv4 address before others, as Go chooses. */
async function addressOf(name: string): Promise<string | undefined> {
  const all = await lookup(name, { all: true, verbatim: true }).catch(() => []);
  return (all.find(({ family }) => family === 4) ?? all[0])?.address;
}

function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

/** Reads certificates and credentials now, so that a fault in them is found before anything listens. */
async function checkCredentials(config: Config): Promise<void> {
  await createStateReader(config, { resolve: async () => [] }).close();
}

/** A report of several faults has a line for each. */
function linesOf(error: MesosDnsError): string {
  return messageOf(error).split("\n").map(printable).join("\n");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text = error instanceof MesosDnsError ? linesOf(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`mesos-dns: ${text}\n`);
  process.exit(1);
});
