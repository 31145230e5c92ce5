import { hash } from "node:crypto";
import type { Label } from "./facts.js";

/** Longer keys are kept as their digest: what is found equal must be equal, whoever chose the text. */
const MAX_KEY = 64;

/**
 * Gives equal texts as one string and equal lists of labels as one list: instances of a service have the same, and a cluster has
 * very many. What has not been asked for since the turn before the last is forgotten, so that it does not grow for ever.
 */
export class Interner {
  #lists = new Generations<readonly Label[]>();
  #texts = new Generations<string>();

  /** To be called when a whole state begins: what it does not name is forgotten with the next but one. */
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
  /** Entries at which a generation is full, where no state comes to turn it. */
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
