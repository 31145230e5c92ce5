import { promises as files } from "node:fs";
import { join } from "node:path";
import { codeOf, hasCode, MesosDnsError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { StateConfig, ZoneConfig } from "../config/config.js";
import { readClusterLines, type SavedCluster } from "../sources/mesos/saved-cluster.js";
import { viewsOf } from "../views/views.js";
import { type ImageFile, readImage, readOrigin, type ZoneImage } from "../zone/image.js";
import { FILE, fingerprintOf } from "./zone-file.js";

type SavedConfig = ZoneConfig & Pick<StateConfig, "stateDir">;

/**
 * The zone that was saved last; `undefined` if there is none, or no `stateDir` is configured.
 *
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN, ZONE_FILE_UNREADABLE. The file stays as it is until the
 * next zone is saved.
 */
export async function loadZone(config: SavedConfig, views = viewsOf(config)): Promise<ZoneImage | undefined> {
  if (config.stateDir === "") return undefined;
  const path = join(config.stateDir, FILE);
  try {
    return await withFile(path, (file) => readImage(file, fingerprintOf(config, views)));
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    const code = cause instanceof MesosDnsError ? cause.code : "ZONE_FILE_UNREADABLE";
    throw new MesosDnsError(code, `the zone saved in ${path} cannot be served: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The cluster behind the zone that was saved last. If it cannot be read, logs that and returns `undefined`: the zone is served all
 * the same.
 *
 * @param withFacts whether to read the catalogue's facts
 */
export async function loadCluster(
  config: SavedConfig,
  withFacts: boolean,
  log: Pick<Logger, "error">,
): Promise<SavedCluster | undefined> {
  try {
    return readClusterLines(await loadOrigin(config), withFacts);
  } catch (error) {
    log.error({ code: codeOf(error) }, `${messageOf(error)}; what a new leader has not heard of will not be kept`);
    return undefined;
  }
}

async function loadOrigin(config: SavedConfig): Promise<Uint8Array> {
  try {
    return await withFile(join(config.stateDir, FILE), (file) => readOrigin(file, fingerprintOf(config)));
  } catch (cause) {
    const code = cause instanceof MesosDnsError ? cause.code : "ZONE_FILE_UNREADABLE";
    const message = `the cluster that is saved with the zone cannot be read: ${messageOf(cause)}`;
    throw new MesosDnsError(code, message, { cause });
  }
}

async function withFile<Result>(path: string, read: (file: ImageFile) => Promise<Result>): Promise<Result> {
  const file = await files.open(path);
  try {
    const { size } = await file.stat();
    return await read({ size, read: (into, at) => fill(file, into, at) });
  } finally {
    await file.close();
  }
}

/** Reads until everything is full: one call may read less than was asked for. */
async function fill(file: files.FileHandle, into: readonly Uint8Array[], at: number): Promise<void> {
  let rest = into.filter(({ length }) => length > 0);
  for (let from = at; rest.length > 0; ) {
    const { bytesRead } = await file.readv(rest, from);
    if (bytesRead === 0) throw new MesosDnsError("ZONE_FILE_DAMAGED", "it was cut off");
    from += bytesRead;
    rest = behind(rest, bytesRead);
  }
}

/** What is left of these behind their first `count` octets. */
function behind(views: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  return views.flatMap((view) => {
    const taken = Math.min(skip, view.length);
    skip -= taken;
    return taken === view.length ? [] : [view.subarray(taken)];
  });
}
