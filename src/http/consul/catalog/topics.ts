/** Who listens to what. A change costs nothing for those who listen to other topics. */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** @param topic a text that identifies it @returns a function that ends this */
  watch(topic: string, listener: () => void): () => void {
    const own = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, own);
    own.add(listener);
    return () => {
      own.delete(listener);
      if (own.size === 0 && this.#listeners.get(topic) === own) this.#listeners.delete(topic);
    };
  }

  tell(topics: Iterable<string>): void {
    for (const topic of topics) for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }

  tellAll(): void {
    this.tell([...this.#listeners.keys()]);
  }
}
