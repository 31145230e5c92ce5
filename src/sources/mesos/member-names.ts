/**
 * Member names to look for. They are compared as bytes, so that no string has to be made of every name in the body. A name
 * written with escapes is therefore not found; no master writes one.
 */
export class MemberNames {
  readonly #names: readonly Uint8Array[];

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
  }

  /** The index of the name between `start` and `end` (without its quotes), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (let index = 0; index < this.#names.length; index++) {
      const name = this.#names[index] as Uint8Array;
      if (name.length === end - start && startsWith(bytes, start, name)) return index;
    }
    return -1;
  }
}

function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}
