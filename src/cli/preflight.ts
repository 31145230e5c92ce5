/**
 * Finds troubles that do not prevent a start. `--check` reports them as faults, without opening a port. A starting server only logs
 * them, because a server that answers is better than none.
 */
import { X509Certificate } from "node:crypto";
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { ClusterConfig, SocketConfig, StateConfig, TransferConfig } from "../config/config.js";
import type { QueryLogConfig } from "../config/query-log.js";

type PreflightConfig = Pick<ClusterConfig, "CertFile"> &
  Pick<SocketConfig, "tlsCertFile"> &
  Pick<TransferConfig, "transferClientCAFile"> &
  Pick<StateConfig, "stateDir">;

/** The troubles that a starting server logs, and those that it comes upon later. @param now milliseconds since the epoch */
export async function findAllTroubles(
  config: PreflightConfig & QueryLogConfig,
  now: number,
): Promise<readonly MesosDnsError[]> {
  const unlogged = await findUnlogged(config);
  return [...(await findTroubles(config, now)), ...(unlogged ? [unlogged] : [])];
}

/**
 * Finds expired certificates, and a `stateDir` without write permission. A certificate that cannot be read is not reported here:
 * that prevents a start.
 * @param now milliseconds since the epoch
 */
export async function findTroubles(config: PreflightConfig, now: number): Promise<readonly MesosDnsError[]> {
  const { CertFile, tlsCertFile, transferClientCAFile } = config;
  const files = Object.entries({ CertFile, tlsCertFile, transferClientCAFile }).filter(([, path]) => path !== "");
  const troubles = [
    ...(await Promise.all(files.map(([key, path]) => findExpiry(key, path, now)))),
    await findUnsaved(config),
  ];
  return troubles.filter((trouble) => trouble !== undefined);
}

async function findExpiry(key: string, path: string, now: number): Promise<MesosDnsError | undefined> {
  const text = await readFile(path).catch(() => undefined);
  const certificate = text && parseCertificate(text);
  if (!certificate) return undefined;
  const { validFrom, validTo } = certificate;
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const state = now > to ? `has run out at ${iso(to)}` : now < from ? `is not valid before ${iso(from)}` : undefined;
  if (state === undefined) return undefined;
  return new MesosDnsError(
    "CERTIFICATE_EXPIRED",
    `the certificate in ${key} ${path} ${state}: renew it, then send SIGHUP`,
  );
}

function parseCertificate(text: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

async function findUnsaved({ stateDir }: PreflightConfig): Promise<MesosDnsError | undefined> {
  if (stateDir === "") return undefined;
  const isMissing = await stat(stateDir).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
  // A missing one is created when it is needed.
  const cause = await unwritable(isMissing ? dirname(stateDir) : stateDir);
  if (!cause) return undefined;
  const message = `the zone cannot be saved in stateDir ${stateDir} (${messageOf(cause)}): ${ADVICE}`;
  return new MesosDnsError("ZONE_FILE_UNWRITABLE", message, { cause });
}

/** What writes the log says so itself, each time. */
async function findUnlogged({ queryLog }: QueryLogConfig): Promise<MesosDnsError | undefined> {
  const { format, file } = queryLog;
  if (format === "off" || file === "" || file === "-") return undefined;
  const cause = await unwritable(dirname(file));
  if (!cause) return undefined;
  const message = `queries cannot be logged in queryLog.file ${file} (${messageOf(cause)}): ${ADVICE}`;
  return new MesosDnsError("QUERY_LOG_UNWRITABLE", message, { cause });
}

const ADVICE = "see that the folder is there and this user may write to it";

/** Why nothing can be written in a folder; `undefined` if something can. */
async function unwritable(folder: string): Promise<Error | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return new Error("it is no folder");
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
