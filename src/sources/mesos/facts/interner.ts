import { hash } from "node:crypto";
import type { Label } from "./facts.js";

/** Longer keys are replaced by a digest that cannot be forged: whoever chose the texts, equal keys must mean equal texts. */
const MAX_KEY = 64;

/**
 * Returns one string for equal texts and one list for equal lists of labels. It saves memory: the instances of a service have the
 * same labels, and a cluster has very many instances. An entry that nobody asked for during two turns is dropped.
 */
export class Interner {
  #lists = new Generations<readonly Label[]>();
  #texts = new Generations<string>();

  /** Call this when a whole state begins. Entries that neither this state nor the next one uses are dropped after that. */
  turn(): void {
    this.#lists.turn();
    this.#texts.turn();
  }

  text(text: string): string {
    return this.#texts.get(text, () => text);
  }

  labels(list: readonly Label[]): readonly Label[] {
    if (list.length === 0) return NO_LABELS;
    const written = JSON.stringify(list);
    const key = written.length <= MAX_KEY ? written : hash("sha256", written, "base64");
    return this.#lists.get(key, () =>
      list.map(({ key, value }) => ({
        key: this.text(key),
        value: value.length <= MAX_KEY ? this.text(value) : value,
      })),
    );
  }
}

const NO_LABELS: readonly Label[] = Object.freeze([]);

class Generations<Value> {
  /** A generation with this many entries is full, and turns by itself. */
  static readonly #MAX = 200_000;
  #young = new Map<string, Value>();
  #old: ReadonlyMap<string, Value> = new Map();

  turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }

  get(key: string, make: () => Value): Value {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const value = this.#old.get(key) ?? make();
    if (this.#young.size >= Generations.#MAX) this.turn();
    this.#young.set(key, value);
    return value;
  }
}
