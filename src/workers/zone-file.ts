import { readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { MesosDnsError, messageOf } from "../errors.js";
import type { Cluster } from "../mesos/cluster.js";
import { clusterLines } from "../mesos/saved-cluster.js";
import { inChunks } from "../text-chunks.js";
import type { Timers } from "../timers.js";
import { imageOctets, readImage, type SavedZone, type ZoneImage } from "../zone/image.js";

/** In `stateDir`. */
const FILE = "last-zone";
/** A file that is being written, and that becomes the one above when it is whole: during a take-over, two processes write. */
const UNFINISHED = `${FILE}.${process.pid}.new`;
const INTERVAL_MS = 10_000;

/** What of a configuration is in a zone's shards. */
export function fingerprintOf(config: Config): string {
  const { domain, dcosNames, reverse, SOAMname, srvRecordDefaultWeight } = config;
  const { enforceRFC952, IPSources, healthPolicy } = config;
  const zones = { domain, dcosNames, reverse, SOAMname, srvRecordDefaultWeight };
  return JSON.stringify({ ...zones, enforceRFC952, IPSources, healthPolicy });
}

/**
 * The zone that was saved last; nothing where there is none, or no place for one.
 *
 * @throws {MesosDnsError} ZONE_FILE_DAMAGED, ZONE_FILE_FOREIGN, ZONE_FILE_UNREADABLE. The file stays as it is until the
 * next zone is saved.
 */
export function loadZone(config: Config): SavedZone | undefined {
  if (config.stateDir === "") return undefined;
  const path = join(config.stateDir, FILE);
  try {
    return readImage(readFileSync(path), fingerprintOf(config));
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    const code = cause instanceof MesosDnsError ? cause.code : "ZONE_FILE_UNREADABLE";
    throw new MesosDnsError(code, `the zone saved in ${path} cannot be served: ${messageOf(cause)}`, { cause });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

export interface ZoneSaverOptions {
  readonly folder: string;
  readonly timers: Timers;
  /** The zone as it is now; its memory is kept until `release`. */
  readonly image: () => TakenZone | undefined;
  readonly onFailure: (error: MesosDnsError) => void;
}

export interface TakenZone {
  readonly image: ZoneImage;
  /** What it was made of: whoever reads it knows which tasks run, though no master says so. */
  readonly cluster: Cluster;
  readonly release: () => void;
}

/** Saves the zone when it has changed, at most every ten seconds: a restart serves it until a master answers. */
export class ZoneSaver {
  readonly #options: ZoneSaverOptions;
  #isDirty = false;
  #cancelTimer: (() => void) | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;
  #isFinishing = false;

  constructor(options: ZoneSaverOptions) {
    this.#options = options;
  }

  /** The zone is another one than before. */
  changed(): void {
    this.#isDirty = true;
    this.#schedule();
  }

  /** Saves what has changed, now, and nothing after that. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#cancelTimer?.();
    await this.#saving;
    if (this.#isDirty) await this.#save();
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

  async #save(): Promise<void> {
    const { timers, image: take, onFailure } = this.#options;
    const taken = take();
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

  /** Whoever reads the file finds the zone before or this one, whole, whenever the machine stops. */
  async #write({ image, cluster }: TakenZone): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    const unfinished = join(folder, UNFINISHED);
    const file = await open(unfinished, "w", 0o600);
    try {
      for (const octets of imageOctets(image, inChunks(clusterLines(cluster)))) await file.writeFile(octets);
      await file.sync();
      await rename(unfinished, join(folder, FILE));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }
}
