import { POINTER, POINTER_SIZE } from "../wire/protocol.js";

/** The message that is being written: its octets, the write position and the limit. Several writers share it. */
export class MessageBuffer {
  out: Uint8Array = new Uint8Array(0);
  /** Index of the next octet to write. */
  at = 0;
  /** Most octets of the message. */
  limit = 0;
  /** Octets reserved for the OPT record, which is written last. */
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

  /** Appends a compression pointer to octet `to` of the message. */
  pointer(to: number): void {
    this.out[this.at] = POINTER | (to >>> 8);
    this.out[this.at + 1] = to & 0xff;
    this.at += POINTER_SIZE;
  }
}
