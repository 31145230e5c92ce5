import type { Logger } from "../base/log.js";
import type { Snapshot, SnapshotUpdate } from "../zone/snapshot.js";

export interface CurrentZoneParts {
  /** What is served before the first state: empty zones, or those that were saved last. */
  readonly snapshot: Snapshot;
  /** When the state was fetched that was saved; nothing where none was. Such zones are stale until a master answers. */
  readonly restoredFrom: number | undefined;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Told which generation is read here and, of those before it, which ones over time. */
  readonly onReading: (generation: number, pinned: readonly number[]) => void;
  readonly onStale: (stale: boolean) => void;
}

/** The zones as the main thread sees them: for HTTP, and to know whether they have become too old. */
export class CurrentZone {
  readonly #parts: Omit<CurrentZoneParts, "snapshot">;
  readonly #pinned: number[] = [];
  #snapshot: Snapshot;
  #stale: boolean;
  /** When the state was fetched that the snapshot is made of; nothing before the first. */
  #fetchedAt: number | undefined;

  constructor({ snapshot, ...parts }: CurrentZoneParts) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#stale = parts.restoredFrom !== undefined;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether the state is older than is allowed, or from before the start. */
  get stale(): boolean {
    return this.#stale;
  }

  /** When the state was fetched of the zone that was saved before the start. */
  get restoredFrom(): number | undefined {
    return this.#parts.restoredFrom;
  }

  /**
   * The snapshot for somebody who reads it over more than one turn of the event loop; `release` is to be called, once,
   * when that is done: until then its memory is not used again.
   */
  pin(): { readonly snapshot: Snapshot; readonly release: () => void } {
    const snapshot = this.#snapshot;
    this.#pinned.push(snapshot.generation);
    const release = () => {
      this.#pinned.splice(this.#pinned.indexOf(snapshot.generation), 1);
      this.#tellReading();
    };
    return { snapshot, release };
  }

  /** A state has been fetched, and has changed the zones where there is an update. */
  built(update: SnapshotUpdate | undefined, fetchedAt: number): void {
    this.#fetchedAt = fetchedAt;
    if (!update) return;
    this.#snapshot = this.#snapshot.with(update);
    this.#tellReading();
  }

  /** Finds out whether the state has become too old, or fresh again. @param limit seconds; 0 for none */
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

  #tellReading(): void {
    this.#parts.onReading(this.#snapshot.generation, this.#pinned);
  }
}
