/** Two octets of length stand before every message (RFC 1035 §4.2.2). */
const PREFIX = 2;

const NOTHING = new Uint8Array();

/** A message as it goes over a stream, in one piece: the prefix must not travel alone (RFC 7766 §8). */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame.writeUInt16BE(message.length);
  frame.set(message, PREFIX);
  return frame;
}

/**
 * Takes the messages out of a stream, into whatever pieces it was cut. Each gets memory of its own: a view of the piece
 * would keep all of that in memory as long as the message is used.
 */
export class MessageReader {
  #piece: Uint8Array = NOTHING;
  #at = 0;
  #prefixRead = 0;
  #length = 0;
  #message: Uint8Array | undefined;
  #filled = 0;

  /** What has come next; what came before has to be read to its end. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** The next message that is complete, if there is one. */
  next(): Uint8Array | undefined {
    while (!this.#message) {
      if (this.#at === this.#piece.length) return undefined;
      this.#length = (this.#length << 8) | this.#piece[this.#at++];
      if (++this.#prefixRead === PREFIX) this.#message = new Uint8Array(this.#length);
    }
    const message = this.#message;
    const end = Math.min(this.#piece.length, this.#at + message.length - this.#filled);
    message.set(this.#piece.subarray(this.#at, end), this.#filled);
    this.#filled += end - this.#at;
    this.#at = end;
    if (this.#filled < message.length) return undefined;
    this.#message = undefined;
    this.#prefixRead = this.#length = this.#filled = 0;
    return message;
  }
}
