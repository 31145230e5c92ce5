import { lookup } from "node:dns/promises";
import { existsSync, readFileSync } from "node:fs";
import { machineAddresses } from "../build/own-addresses.js";
import { type Loaded, type LoadOptions, loadWithNames } from "../config/load.js";
import { nameserversOf } from "../config/resolv-conf.js";
import type { Checked } from "../process/serve.js";
import { checkCredentials } from "../sources/mesos/credentials.js";
import { readCertificates } from "../transport/certificate.js";
import { readTsigKeys } from "../transport/tsig-keys.js";
import { DEFAULT_CONFIG_FILE } from "./arguments.js";
import { findTroubles } from "./preflight.js";

/** Where the packages put it. */
export const INSTALLED_CONFIG_FILE = "/etc/mesos-dns/config.json";

/** The configuration of the server that a command looks at: as named, or as it usually is; `undefined` if there is none. */
export function configFileOf(named: string | undefined): string | undefined {
  return named ?? [DEFAULT_CONFIG_FILE, INSTALLED_CONFIG_FILE].find((file) => existsSync(file));
}

/** The options for loading a configuration on this machine. @param needsMasters whether it is used to follow a cluster */
export function loadOptions(file: string | undefined, needsMasters: boolean): LoadOptions {
  return {
    ...(file !== undefined && { file }),
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    systemResolvers: () => nameserversOf(readFileSync("/etc/resolv.conf", "utf8"), machineAddresses()),
    machineAddresses,
    needsMasters,
  };
}

/** Loads the configuration for serving, without the files that it names. */
export function loadServed(file: string): Promise<Loaded> {
  return loadWithNames(loadOptions(file, true), addressOf);
}

/** Loads the configuration for serving, and all files that it names, so that faults in them are found before any socket is opened. */
export async function loadChecked(file: string): Promise<Checked> {
  const loaded = await loadServed(file);
  checkCredentials(loaded.config);
  const certificates = readCertificates(loaded.config);
  const { keys: tsigKeys, warnings } = readTsigKeys(loaded.config);
  const all = [...loaded.warnings, ...warnings];
  return { ...loaded, warnings: all, certificates, tsigKeys, troubles: await findTroubles(loaded.config, Date.now()) };
}

/** The address to listen at for a host name: an IPv4 address if there is one, as in Go; `undefined` if it does not resolve. */
async function addressOf(name: string): Promise<string | undefined> {
  const all = await lookup(name, { all: true, verbatim: true }).catch(() => []);
  return (all.find(({ family }) => family === 4) ?? all[0])?.address;
}
