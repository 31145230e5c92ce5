/**
 * Begins to answer one request in each turn of the event loop, and takes turns between addresses. However many requests one client
 * sends, those of another client wait for at most one of them.
 */
export class Turns {
  /** Addresses in the order of their turns, with the requests of each. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param begin begins to answer the request */
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
