import type { Logger } from "../base/log.js";
import { type HeldSnapshot, HeldSnapshots } from "../zone/held-snapshots.js";
import type { Snapshot, SnapshotUpdate } from "../zone/snapshot.js";

export interface CurrentZoneParts {
  /** The snapshot before the first state. */
  readonly snapshot: Snapshot;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called with the generation that this thread reads, and the pinned ones before it. */
  readonly onReading: (generation: number, pinned: readonly number[]) => void;
  readonly onStale: (stale: boolean) => void;
}

/** The main thread's view of the zones. HTTP reads it, and their age is checked here. */
export class CurrentZone {
  readonly #parts: Omit<CurrentZoneParts, "snapshot" | "onReading">;
  readonly #snapshots: HeldSnapshots;
  #stale = false;
  #restoredFrom: number | undefined;
  /** When the state behind the snapshot was fetched; `undefined` before the first. */
  #fetchedAt: number | undefined;

  constructor({ snapshot, onReading, ...parts }: CurrentZoneParts) {
    this.#parts = parts;
    this.#snapshots = new HeldSnapshots(snapshot, onReading);
  }

  get snapshot(): Snapshot {
    return this.#snapshots.newest;
  }

  /** Whether the state is older than allowed, or from before the start. */
  get stale(): boolean {
    return this.#stale;
  }

  /** Whether nothing has been built since the saved zone was restored. */
  get isRestored(): boolean {
    return this.#restoredFrom !== undefined && this.#fetchedAt === undefined;
  }

  /** When the state behind the saved zone was fetched; `undefined` if none was saved. */
  get restoredFrom(): number | undefined {
    return this.#restoredFrom;
  }

  /**
   * Call this before the first build if a zone was saved. It is stale until a master answers.
   * @param fetchedAt when the state behind it was fetched
   */
  restore(update: SnapshotUpdate, fetchedAt: number): void {
    this.#snapshots.use(update);
    this.#restoredFrom = fetchedAt;
    this.#stale = true;
    this.#parts.onStale(true);
  }

  /** The snapshot, for reading over more than one turn of the event loop. */
  pin(): HeldSnapshot {
    return this.#snapshots.hold();
  }

  /** Call this after each build from a fetched state, with the update if the zones have changed. */
  built(update: SnapshotUpdate | undefined, fetchedAt: number): void {
    this.#fetchedAt = fetchedAt;
    if (update) this.#snapshots.use(update);
  }

  /** Checks whether the state has become too old, or fresh again. @param limit seconds; 0 for no limit */
  checkAge(limit: number): void {
    const { log, wallClock, onStale } = this.#parts;
    const now = wallClock();
    const age = (now - (this.#fetchedAt ?? this.restoredFrom ?? now)) / 1000;
    const isStale = this.#fetchedAt === undefined ? this.restoredFrom !== undefined : limit > 0 && age > limit;
    if (isStale === this.#stale) return;
    this.#stale = isStale;
    onStale(isStale);
    if (isStale) log.warn({ age: Math.round(age), limit }, "the Mesos state is too old; it is served as stale");
    else log.info("the Mesos state is fresh again");
  }
}
