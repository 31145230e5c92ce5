import type { MesosDnsError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { ZoneBuilder } from "../build/zone-builder.js";
import { fingerprintOf, type ZoneFiles, ZoneSaver, type ZoneSaverOptions } from "../build/zone-file.js";
import type { KnownTasks } from "../sources/mesos/known-tasks.js";
import type { BuildReport } from "../status/status.js";
import type { ShardPool } from "../zone/shard-pool.js";

const RENEWAL_MS = 300_000;

export interface ZoneSavingParts {
  readonly folder: string;
  readonly files: ZoneFiles;
  readonly zones: Pick<ZoneBuilder, "built">;
  readonly pool: Pick<ShardPool, "pin">;
  /** Of the last build. */
  readonly report: () => BuildReport | undefined;
  /** The tasks of the last state. */
  readonly known: () => KnownTasks;
  /** Whether the cluster has what only a catalogue needs. */
  readonly hasFacts: () => boolean;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "error">;
}

/** Keeps the file of the last good zone. */
export class ZoneSaving {
  readonly #parts: ZoneSavingParts;
  readonly #saver: ZoneSaver;
  #savedAt: number;
  #failure = "";

  constructor(parts: ZoneSavingParts) {
    const { folder, files, timers, wallClock } = parts;
    this.#parts = parts;
    this.#savedAt = wallClock();
    this.#saver = new ZoneSaver({
      folder,
      timers,
      wallClock,
      image: (isLast) => this.#takeImage(isLast),
      onFailure: (error) => this.#note(error),
      files,
    });
  }

  /** Call this after each build. @param isNew whether it has changed a zone */
  built(isNew: boolean): void {
    // The file contains the time of the state. Renew it at times even if the zone stays the same.
    if (isNew || this.#parts.wallClock() - this.#savedAt > RENEWAL_MS) this.#saver.changed();
  }

  /** Saves what has not been saved, and ends. */
  async finish(): Promise<void> {
    await this.#saver.finish();
  }

  /** Has the zone saved once more, as the last one. */
  last(): void {
    this.#saver.changed();
  }

  /** The current zone. Its memory is pinned until `release`. */
  #takeImage(isLast: boolean): ReturnType<ZoneSaverOptions["image"]> {
    const { zones, pool, report, known, hasFacts, wallClock } = this.#parts;
    const { built } = zones;
    const lastReport = report();
    if (!built || !lastReport) return undefined;
    const { generation, config, apexes, seed, shards, cluster } = built;
    pool.pin("file", [generation]);
    this.#savedAt = wallClock();
    const image = { fingerprint: fingerprintOf(config), seed, apexes, isLast, shards };
    return {
      image: { ...image, fetchedAt: lastReport.fetchedAt },
      origin: { cluster, known: known() },
      hasFacts: hasFacts(),
      release: () => pool.pin("file", []),
    };
  }

  /** Logs a failure to save, but not the same one again: saving is retried all the time. */
  #note({ code, message }: MesosDnsError): void {
    if (message !== this.#failure) this.#parts.log.error({ code }, message);
    this.#failure = message;
  }
}
