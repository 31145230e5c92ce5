const SURROGATE = /[\ud800-\udfff]/;

/** Compares keys as their octets in UTF-8 compare. Negative if `a` comes first. */
export function compareKeys(a: string, b: string): number {
  // Without surrogates the order is that of UTF-16, which is quick to compare.
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : Number(a > b);
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF. UTF-16 sorts them below U+E000 to U+FFFF, UTF-8 above. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** A set of keys in the order of their octets. All keys with one prefix stand side by side. */
export class OrderedKeys {
  readonly #keys: string[] = [];

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#keys.splice(placeOf(this.#keys, key), 0, key);
  }

  /** Removes a key that is there. */
  delete(key: string): void {
    this.#keys.splice(placeOf(this.#keys, key), 1);
  }

  /** Whether any key has this prefix. */
  hasPrefix(prefix: string): boolean {
    return this.#keys[placeOf(this.#keys, prefix)]?.startsWith(prefix) ?? false;
  }

  withPrefix(prefix: string): readonly string[] {
    const start = placeOf(this.#keys, prefix);
    let end = start;
    while (this.#keys[end]?.startsWith(prefix)) end++;
    return this.#keys.slice(start, end);
  }
}

/** The place, in keys in this order, of the first one that does not come before `key`. */
export function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
