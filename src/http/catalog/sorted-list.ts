/** A sorted array. It suits lists that change in few elements at a time, and are often read as a whole. */
export class SortedList<Item extends Key, Key = Item> {
  readonly #compare: (a: Key, b: Key) => number;
  readonly #items: Item[];

  /** @param sorted sorted, without duplicates; the list takes ownership of it */
  constructor(compare: (a: Key, b: Key) => number, sorted: Item[] = []) {
    this.#compare = compare;
    this.#items = sorted;
  }

  get all(): readonly Item[] {
    return this.#items;
  }

  find(key: Key): Item | undefined {
    const [at, isThere] = this.#seek(key);
    return isThere ? this.#items[at] : undefined;
  }

  put(item: Item): void {
    const [at, isThere] = this.#seek(item);
    this.#items.splice(at, isThere ? 1 : 0, item);
  }

  delete(key: Key): void {
    const [at, isThere] = this.#seek(key);
    if (isThere) this.#items.splice(at, 1);
  }

  #seek(key: Key): [at: number, isThere: boolean] {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(this.#items[middle], key);
      if (order === 0) return [middle, true];
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return [low, false];
  }
}
