/**
 * Has requests answered one in each turn of the event loop, and of each address one after the other: however many one client sends,
 * another one's waits for one of them at most.
 */
export class Turns {
  /** Addresses in the order of their turns, with what they have asked. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param begin begins to answer */
  take(address: string, begin: () => void): void {
    const own = this.#waiting.get(address);
    if (own) {
      own.push(begin);
      return;
    }
    if (this.#waiting.size === 0) setImmediate(this.#next);
    this.#waiting.set(address, [begin]);
  }

  readonly #next = (): void => {
    for (const [address, own] of this.#waiting) {
      const begin = own.shift();
      this.#waiting.delete(address);
      if (own.length > 0) this.#waiting.set(address, own);
      if (this.#waiting.size > 0) setImmediate(this.#next);
      begin?.();
      return;
    }
  };
}
