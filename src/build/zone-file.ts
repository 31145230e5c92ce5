import { join } from "node:path";
import { hasCode, MesosDnsError, messageOf } from "../base/errors.js";
import { inChunks } from "../base/text-chunks.js";
import type { Timers } from "../base/timers.js";
import { identityOf, writeWhole } from "../base/whole-file.js";
import type { ZoneConfig } from "../config/config.js";
import { clusterLines, type SavedCluster } from "../sources/mesos/saved-cluster.js";
import { viewsOf, zonesOf } from "../views/views.js";
import { imageBytes, type ZoneImage } from "../zone/image.js";

/** The name of the file in `stateDir`. */
export const FILE = "last-zone";
/** The name of a file that is still being written. It is renamed when it is complete. During a take-over, two processes write. */
const UNFINISHED = /^last-zone\.[0-9a-f]{32}\.new$/;
/** An unfinished file of this age is abandoned. */
const LEFT_MS = 600_000;
const INTERVAL_MS = 10_000;

/**
 * For each key of `ZoneConfig`, whether a zone that was saved with another value is not served. Of the others, most are in apexes alone, which
 * are not saved: they always have the values of the running configuration. The operator's own records are answered as they were until the
 * first build: that is better than none of the cluster's. A new key is listed here too, or the types do not fit.
 */
const IN_SHARDS: { readonly [Key in keyof ZoneConfig]: boolean } = {
  domain: true,
  ttl: false,
  SOAMname: true,
  SOARname: false,
  SOARefresh: false,
  SOARetry: false,
  SOAExpire: false,
  SOAMinttl: false,
  srvRecordDefaultWeight: true,
  enforceRFC952: true,
  IPSources: true,
  healthPolicy: true,
  dcosNames: true,
  reverse: true,
  nameServers: true,
  reverseZones: true,
  staticZones: true,
  records: false,
  recordsFile: false,
  catalogZone: true,
  vips: false,
  consul: false,
};

/**
 * Identifies what shards depend on: the keys above, and the names of the zones in their order. Records in shards have their zone's
 * number in that order, so under other zones they would be records of the wrong zone.
 */
export function fingerprintOf(config: ZoneConfig, views = viewsOf(config)): string {
  const keys = (Object.keys(IN_SHARDS) as (keyof ZoneConfig)[]).filter((key) => IN_SHARDS[key]);
  const zones = zonesOf(views).map(({ name }) => name);
  return JSON.stringify([zones, Object.fromEntries(keys.map((key) => [key, config[key]]))]);
}

export interface ZoneSaverOptions {
  readonly folder: string;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /**
   * The current zone. Its memory is not reused until `release` is called.
   * @param isLast whether no newer zone will be published
   */
  readonly image: (isLast: boolean) => TakenZone | undefined;
  readonly onFailure: (error: MesosDnsError) => void;
  readonly files: ZoneFiles;
}

/** The used part of `node:fs/promises`. */
export type ZoneFiles = Pick<
  typeof import("node:fs/promises"),
  "mkdir" | "open" | "readdir" | "rename" | "rm" | "stat"
>;

export interface TakenZone {
  readonly image: ZoneImage;
  /** The cluster behind the zone. After a restart it tells which tasks were running before a master does. */
  readonly origin: SavedCluster;
  /** Whether the origin has the catalogue's facts. */
  readonly hasFacts: boolean;
  readonly release: () => void;
}

/** Saves the zone when it has changed, at most every ten seconds. After a restart it is served until a master answers. */
export class ZoneSaver {
  readonly #options: ZoneSaverOptions;
  #isDirty = false;
  #cancelTimer: (() => void) | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;
  #isFinishing = false;
  #hasTidied = false;
  /** The identity of the file that was written last. */
  #written: string | undefined;

  constructor(options: ZoneSaverOptions) {
    this.#options = options;
  }

  /** Call this when the zone has changed. */
  changed(): void {
    this.#isDirty = true;
    this.#schedule();
  }

  /** Saves unsaved changes now. Nothing is saved after that. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#cancelTimer?.();
    await this.#saving;
    if (this.#isDirty && !(await this.#isReplaced())) await this.#save(true);
  }

  /** Whether another process has written the file since: one that has taken over. */
  async #isReplaced(): Promise<boolean> {
    if (this.#written === undefined) return false;
    const { folder, files } = this.#options;
    const now = await files.stat(join(folder, FILE), { bigint: true }).catch(() => undefined);
    return now !== undefined && identityOf(now) !== this.#written;
  }

  #schedule(): void {
    if (this.#cancelTimer || this.#isSaving || this.#isFinishing) return;
    const { timers } = this.#options;
    const wait = Math.max(0, this.#savedAt + INTERVAL_MS - timers.now());
    this.#cancelTimer = timers.after(wait, () => {
      this.#cancelTimer = undefined;
      this.#saving = this.#save();
    });
  }

  async #save(isLast = false): Promise<void> {
    const { timers, image: take, onFailure } = this.#options;
    const taken = take(isLast);
    this.#isDirty = false;
    if (!taken) return;
    this.#isSaving = true;
    try {
      await this.#write(taken);
    } catch (cause) {
      const { folder } = this.#options;
      const advice = "see that the folder is there and this user may write to it";
      const message = `cannot save the zone in ${folder} (${messageOf(cause)}): ${advice}`;
      onFailure(new MesosDnsError("ZONE_FILE_UNWRITABLE", message, { cause }));
    }
    taken.release();
    this.#isSaving = false;
    this.#savedAt = timers.now();
    if (this.#isDirty) this.#schedule();
  }

  async #write({ image, origin, hasFacts }: TakenZone): Promise<void> {
    const { folder, files } = this.#options;
    await files.mkdir(folder).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    if (!this.#hasTidied) await this.#tidy();
    this.#written = await writeWhole(
      { folder, name: FILE, files },
      imageBytes(image, inChunks(clusterLines(origin, hasFacts))),
    );
  }

  /** Removes, once, the unfinished files of processes that were killed while they wrote. */
  async #tidy(): Promise<void> {
    const { folder, files, wallClock } = this.#options;
    this.#hasTidied = true;
    const names = await files.readdir(folder);
    for (const name of names.filter((each) => UNFINISHED.test(each))) {
      const path = join(folder, name);
      const { mtimeMs } = await files.stat(path);
      if (wallClock() - mtimeMs > LEFT_MS) await files.rm(path, { force: true });
    }
  }
}
