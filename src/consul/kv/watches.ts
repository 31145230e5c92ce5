import { compareKeys, placeOf } from "./key-order.js";

type Listener = () => void;

/**
 * Who waits for which key or prefix. What a change touches is found by looking up the key and those beginnings of it whose length
 * somebody waits for: what it costs does not depend on how many wait for something else. Where many keys change at once, the prefixes are looked up
 * among them instead.
 */
export class Watches {
  readonly #keys = new Map<string, Set<Listener>>();
  readonly #prefixes = new Map<string, Set<Listener>>();
  /** How many prefixes of each length are waited for, in UTF-16 units. */
  readonly #lengths = new Map<number, number>();

  /** @returns a function that ends this, also from within a listener */
  watchKey(key: string, listener: Listener): () => void {
    return add(this.#keys, key, listener, { first: () => undefined, last: () => undefined });
  }

  /** @returns a function that ends this, also from within a listener */
  watchPrefix(prefix: string, listener: Listener): () => void {
    const count = (by: number) => {
      const left = (this.#lengths.get(prefix.length) ?? 0) + by;
      if (left === 0) this.#lengths.delete(prefix.length);
      else this.#lengths.set(prefix.length, left);
    };
    return add(this.#prefixes, prefix, listener, { first: () => count(1), last: () => count(-1) });
  }

  /** Calls each listener that waits for any of these keys once. */
  wake(keys: ReadonlySet<string>): void {
    const woken = new Set<Listener>();
    for (const key of keys) for (const listener of this.#keys.get(key) ?? []) woken.add(listener);
    for (const prefix of this.#touchedPrefixes(keys)) {
      for (const listener of this.#prefixes.get(prefix) ?? []) woken.add(listener);
    }
    for (const listener of woken) listener();
  }

  /** The prefixes of these keys that are waited for. Looks from the side from which there is less to look up. */
  #touchedPrefixes(keys: ReadonlySet<string>): Iterable<string> {
    if (keys.size * this.#lengths.size > this.#prefixes.size) {
      const ordered = [...keys].sort(compareKeys);
      return [...this.#prefixes.keys()].filter((prefix) => ordered[placeOf(ordered, prefix)]?.startsWith(prefix));
    }
    const lengths = [...this.#lengths.keys()];
    return [...keys].flatMap((key) => lengths.flatMap((length) => (length > key.length ? [] : [key.slice(0, length)])));
  }
}

interface Ends {
  /** Called when a place gets its first listener. */
  readonly first: () => void;
  /** Called when it has lost its last one. */
  readonly last: () => void;
}

function add(places: Map<string, Set<Listener>>, place: string, listener: Listener, ends: Ends): () => void {
  // The same function may wait for two things: each wait is a function of its own.
  const own = () => {
    if (listeners.has(own)) listener();
  };
  const listeners = places.get(place) ?? new Set<Listener>();
  if (listeners.size === 0) {
    places.set(place, listeners);
    ends.first();
  }
  listeners.add(own);
  return () => {
    if (!listeners.delete(own) || listeners.size > 0) return;
    places.delete(place);
    ends.last();
  };
}
