import { OrderedKeys } from "./key-order.js";

/** How many deleted keys are remembered. The oldest are forgotten first. */
const MAX_DELETED = 10_000;

/**
 * When keys were deleted, so that indexes of prefixes count deletions. What is forgotten raises the floor: an index never goes back, and
 * at worst a client asks once more than it has to.
 */
export class DeletedKeys {
  /** The oldest deletion first. */
  readonly #at = new Map<string, number>();
  readonly #ordered = new OrderedKeys();
  readonly #max: number;
  #floor: number;

  constructor(floor: number, max = MAX_DELETED) {
    this.#floor = floor;
    this.#max = max;
  }

  /** The index of what never existed, or was deleted so long ago that it is forgotten. */
  get floor(): number {
    return this.#floor;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#at.size;
  }

  /** The index of the key's deletion. */
  indexOf(key: string): number {
    return Math.max(this.#at.get(key) ?? 0, this.#floor);
  }

  /** The index of the newest deletion of a key that begins with `prefix`. */
  newestBelow(prefix: string): number {
    if (prefix === "") return Math.max(this.#floor, ...[...this.#at.values()].slice(-1));
    return this.#ordered.withPrefix(prefix).reduce((newest, key) => Math.max(newest, this.indexOf(key)), this.#floor);
  }

  /** Raises the floor to at least this. */
  raise(floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
  }

  add(key: string, index: number): void {
    this.forget(key);
    this.#at.set(key, index);
    this.#ordered.add(key);
    if (this.#at.size <= this.#max) return;
    const [oldest = "", gone = 0] = this.#at.entries().next().value ?? [];
    this.forget(oldest);
    this.#floor = Math.max(this.#floor, gone);
  }

  /** Call this when the key exists again. */
  forget(key: string): void {
    if (this.#at.delete(key)) this.#ordered.delete(key);
  }

  entries(): Iterable<readonly [key: string, index: number]> {
    return this.#at;
  }
}
