import { POINTER, POINTER_SIZE } from "../wire/protocol.js";

/** The message in the making: its octets, how far they are written, and how far they may be. Several write to it in turn. */
export class MessageBuffer {
  out: Uint8Array = new Uint8Array(0);
  /** Where the next octet goes. */
  at = 0;
  /** Octets that the message may have. */
  limit = 0;
  /** Octets of these that are kept for what comes last: the OPT record. */
  reserved = 0;

  /** Octets left for records. */
  get room(): number {
    return this.limit - this.at - this.reserved;
  }

  fits(octets: number): boolean {
    return octets <= this.room;
  }

  /** Appends `from[start, end)`. */
  copy(from: Uint8Array, start: number, end: number): void {
    const { out } = this;
    let { at } = this;
    for (let i = start; i < end; i++) out[at++] = from[i];
    this.at = at;
  }

  /** Appends a pointer to this octet of the message. */
  pointer(to: number): void {
    this.out[this.at] = POINTER | (to >>> 8);
    this.out[this.at + 1] = to & 0xff;
    this.at += POINTER_SIZE;
  }
}
