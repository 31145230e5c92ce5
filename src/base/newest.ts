/** Applies values one after the other. Of those that come while one is applied, only the newest is. */
export class Newest<Value extends object> {
  readonly #apply: (value: Value) => Promise<void>;
  readonly #pause: () => Promise<unknown>;
  #waiting: Value | undefined;
  #working: Promise<void> | undefined;

  /**
   * @param apply never rejects
   * @param pause lets those come that are under way already
   */
  constructor(apply: (value: Value) => Promise<void>, pause: () => Promise<unknown>) {
    this.#apply = apply;
    this.#pause = pause;
  }

  /** Resolves when this value, or a newer one, has been applied. */
  take(value: Value): Promise<void> {
    this.#waiting = value;
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    while (this.#waiting !== undefined) {
      await this.#pause();
      const value = this.#waiting;
      this.#waiting = undefined;
      await this.#apply(value);
    }
    this.#working = undefined;
  }
}
