/**
 * Finds troubles that do not prevent a start. `--check` reports them as faults, without opening a port. A starting server only logs
 * them, because a server that answers is better than none.
 */
import { X509Certificate } from "node:crypto";
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { MesosDnsError, messageOf } from "../base/errors.js";
import type { ClusterConfig, SocketConfig, StateConfig, TransferConfig } from "../config/config.js";

type PreflightConfig = Pick<ClusterConfig, "CertFile"> &
  Pick<SocketConfig, "tlsCertFile"> &
  Pick<TransferConfig, "transferClientCAFile"> &
  Pick<StateConfig, "stateDir">;

/**
 * Finds expired certificates, and a `stateDir` without write permission. A certificate that cannot be read is not reported here:
 * that prevents a start.
 * @param now milliseconds since the epoch
 */
export async function findTroubles(config: PreflightConfig, now: number): Promise<readonly MesosDnsError[]> {
  const { CertFile, tlsCertFile, transferClientCAFile, stateDir } = config;
  const files = Object.entries({ CertFile, tlsCertFile, transferClientCAFile }).filter(([, path]) => path !== "");
  const troubles = [
    ...(await Promise.all(files.map(([key, path]) => findExpiry(key, path, now)))),
    ...(stateDir === "" ? [] : [await findUnwritable(stateDir)]),
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

/** Checks write permission. A missing folder is created when needed, so its parent is checked. */
async function findUnwritable(folder: string): Promise<MesosDnsError | undefined> {
  try {
    const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found && !found.isDirectory()) throw new Error("it is no folder");
    await access(found ? folder : dirname(folder), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (cause) {
    const advice = "see that the folder is there and this user may write to it";
    const message = `the zone cannot be saved in stateDir ${folder} (${messageOf(cause)}): ${advice}`;
    return new MesosDnsError("ZONE_FILE_UNWRITABLE", message, { cause });
  }
}
