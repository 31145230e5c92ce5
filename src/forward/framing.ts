/** Octets of the length field in front of every message (RFC 1035 §4.2.2). */
const PREFIX = 2;

const NOTHING = new Uint8Array();

/** A message with its length prefix, as one buffer: both should be sent together (RFC 7766 §8). */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame.writeUInt16BE(message.length);
  frame.set(message, PREFIX);
  return frame;
}

/**
 * Reads messages from a stream that arrives in pieces of any size. Each message is a copy: a view would keep the whole piece
 * in memory as long as the message is used.
 */
export class MessageReader {
  #piece: Uint8Array = NOTHING;
  #at = 0;
  #prefixRead = 0;
  #length = 0;
  #message: Uint8Array | undefined;
  #filled = 0;

  /** Adds the next piece. The caller must have read all messages of the piece before. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /** The next complete message, without its length prefix; undefined if there is none. */
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
