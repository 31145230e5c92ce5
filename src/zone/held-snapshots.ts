import type { Snapshot, SnapshotUpdate } from "./snapshot.js";

/** A snapshot that its holder reads over more than one turn of the event loop. */
export interface HeldSnapshot {
  readonly snapshot: Snapshot;
  /** Call this once, when it is no longer read. Until then its memory is not reused. */
  release(): void;
}

/** The newest snapshot of a thread, and the older ones that some of its work still reads. */
export class HeldSnapshots {
  readonly #pinned: number[] = [];
  readonly #onReading: (generation: number, pinned: readonly number[]) => void;
  #snapshot: Snapshot;

  /** @param onReading called with the generation that this thread reads, and the pinned ones before it */
  constructor(snapshot: Snapshot, onReading: (generation: number, pinned: readonly number[]) => void) {
    this.#snapshot = snapshot;
    this.#onReading = onReading;
  }

  get newest(): Snapshot {
    return this.#snapshot;
  }

  /** The newest snapshot, which stays readable until it is released. */
  hold(): HeldSnapshot {
    const snapshot = this.#snapshot;
    this.#pinned.push(snapshot.generation);
    const release = () => {
      this.#pinned.splice(this.#pinned.indexOf(snapshot.generation), 1);
      this.#tell();
    };
    return { snapshot, release };
  }

  /** Makes the next snapshot the newest. */
  use(update: SnapshotUpdate): void {
    this.#snapshot = this.#snapshot.with(update);
    this.#tell();
  }

  #tell(): void {
    this.#onReading(this.#snapshot.generation, this.#pinned);
  }
}
