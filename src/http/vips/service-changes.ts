/** Services that are gone and still remembered: enough for minutes in which a reader could not be told. */
const MAX_GONE = 10_000;

/** What a reader has to be told that knows an older version. */
export interface SinceThen {
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

/** In which version each service last changed. */
export class ServiceChanges {
  /** In the order of their last changes. */
  readonly #changed = new Map<string, number>();
  readonly #gone = new Map<string, number>();
  /** For versions before this one, it is not known what is gone since. */
  #oldest: number;

  /** @param first the version of a whole list, which is the first that readers can know */
  constructor(first: number) {
    this.#oldest = first;
  }

  change(key: string, version: number): void {
    this.#gone.delete(key);
    this.#changed.delete(key);
    this.#changed.set(key, version);
  }

  remove(key: string, version: number): void {
    this.#changed.delete(key);
    this.#gone.delete(key);
    this.#gone.set(key, version);
    if (this.#gone.size <= MAX_GONE) return;
    const [[first, at]] = this.#gone;
    this.#gone.delete(first);
    this.#oldest = at;
  }

  /** `undefined` if that is too long ago to be known. */
  since(version: number): SinceThen | undefined {
    if (version < this.#oldest) return undefined;
    const later = (all: ReadonlyMap<string, number>) => [...all].flatMap(([key, at]) => (at > version ? [key] : []));
    return { changed: later(this.#changed), gone: later(this.#gone) };
  }
}
