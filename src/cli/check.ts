import { MesosDnsError, messageOf } from "../base/errors.js";
import type { Config } from "../config/config.js";
import { InvalidConfig, type Loaded } from "../config/load.js";
import { transferAdvice } from "../config/transfer-rules.js";
import { withRecordsFile } from "../process/records-file.js";
import { checkCredentials } from "../sources/mesos/credentials.js";
import { readAuthorities, readCertificate } from "../transport/certificate.js";
import { claimUdp } from "../transport/claim.js";
import { readTsigKeys } from "../transport/tsig-keys.js";
import { planUdp } from "../transport/udp.js";
import { loadServed } from "./configuration.js";
import { findAllTroubles } from "./preflight.js";

/**
 * `--check`: looks for everything that a start finds, except for ports in use, and goes on after each fault. Writes warnings to
 * standard error.
 *
 * @param warnings of the command line
 * @throws {MesosDnsError} whose message has a line for each fault. Faults in keys come alone: the files and addresses that they name
 * are not known before they are corrected.
 */
export async function checkConfiguration(configFile: string, warnings: readonly string[]): Promise<void> {
  warnings.forEach(warn);
  const loaded = await load(configFile);
  loaded.warnings.forEach(warn);
  transferAdvice(loaded.config).forEach(warn);
  const found = [...(await findFaults(loaded.config, warn)), ...(await findAllTroubles(loaded.config, Date.now()))];
  const [first] = found;
  if (first instanceof MesosDnsError) throw new MesosDnsError(first.code, found.map(messageOf).join("\n"));
  if (first !== undefined) throw first;
}

async function load(configFile: string): Promise<Loaded> {
  try {
    return await loadServed(configFile);
  } catch (error) {
    if (error instanceof InvalidConfig) error.warnings.forEach(warn);
    throw error;
  }
}

/** What would prevent a start. @param warn is told of what would not */
export async function findFaults(config: Config, warn: (message: string) => void): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const addresses = [...keysByAddress(config)];
  const checks = [
    () => checkCredentials(config),
    () => readCertificate(config),
    () => readAuthorities(config, "resolverCACertFile"),
    () => readAuthorities(config, "transferClientCAFile"),
    () => readTsigKeys(config).warnings.forEach(warn),
    () => withRecordsFile(config),
    ...addresses.map((address) => () => checkAddress(address)),
    () => planUdp(config, { warn }),
  ];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      found.push(error);
    }
  }
  return found;
}

/** The addresses to use, each with the keys that name it. */
function keysByAddress({
  dnson,
  httpon,
  listener,
  httplistener,
  notifySource,
  consul,
}: Config): ReadonlyMap<string, string> {
  const keys = new Map(dnson ? listener.map((host) => [host, "listener"]) : []);
  if (httpon) keys.set(httplistener, keys.has(httplistener) ? "listener and httplistener" : "httplistener");
  if (consul.enabled && !keys.has(consul.httpListener)) keys.set(consul.httpListener, "consul.httpListener");
  if (notifySource !== "" && !keys.has(notifySource)) keys.set(notifySource, "notifySource");
  return keys;
}

async function checkAddress([host, keys]: readonly [host: string, keys: string]): Promise<void> {
  try {
    await claimUdp({ host, port: 0 });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isForeign = cause instanceof Error && "code" in cause && cause.code === "EADDRNOTAVAIL";
    const why = isForeign ? "is not an address of this machine" : `cannot be used (${messageOf(cause)})`;
    const advice = "give one of its addresses, or 0.0.0.0 or :: for all";
    throw new MesosDnsError("LISTEN_FAILED", `${keys}: ${host} ${why}: ${advice}`, { cause });
  }
}

function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}
