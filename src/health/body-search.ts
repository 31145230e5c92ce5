/** Looks for a text in the beginning of a body that comes in pieces. */
export class BodySearch {
  readonly #text: Buffer;
  readonly #limit: number;
  #seen = Buffer.alloc(0);

  /** @param limit octets of the body that are looked at: the text has to lie wholly in them */
  constructor(text: string, limit: number) {
    this.#text = Buffer.from(text);
    this.#limit = limit;
  }

  /** Returns whether the text is there, as soon as that is known. Call it no more then. */
  add(piece: Uint8Array): boolean | undefined {
    const room = this.#limit - this.#seen.length;
    this.#seen = Buffer.concat([this.#seen, piece.subarray(0, room)]);
    if (this.#seen.includes(this.#text)) return true;
    return this.#seen.length < this.#limit ? undefined : false;
  }
}
