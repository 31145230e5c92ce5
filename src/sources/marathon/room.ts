/** Memory that is filled from its beginning, and filled again: a body of megabytes comes ten times a second. */
export class Room {
  #octets = Buffer.alloc(0);
  #length = 0;

  /** Begins anew. What the last `end` gave is overwritten from now on. */
  begin(): void {
    this.#length = 0;
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#octets.length) this.#grow(length);
    this.#octets.set(part, this.#length);
    this.#length = length;
  }

  /** What has been added since `begin`. Shares the room's memory. */
  end(): Buffer {
    return this.#octets.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.ceil(this.#octets.length * GROWTH)));
    larger.set(this.#octets.subarray(0, this.#length));
    this.#octets = larger;
  }
}

const GROWTH = 1.5;

/** Two rooms by turns: what stands in one is compared with what comes into the other. */
export class Rooms {
  #free = new Room();
  #kept = new Room();

  /** The room that may be written. */
  get free(): Room {
    return this.#free;
  }

  /** What stands in the free room is kept from now on, and the other one is free. */
  keep(): void {
    [this.#free, this.#kept] = [this.#kept, this.#free];
  }
}
