import { MesosDnsError } from "../../errors.js";

const LINE_FEED = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
/** 2^53 has sixteen digits; no record that is accepted has as many octets. */
const MAX_DIGITS = 15;

/**
 * Takes RecordIO apart: `<decimal count of octets>\n<record>`, over and over. Where chunks begin and end means nothing.
 *
 *     "4\n" "tr" | "ue4\nnu" | "ll"     ->    true, null
 */
export class RecordDecoder {
  readonly #maxBytes: number;
  #record: Uint8Array | undefined;
  #filled = 0;
  #size = 0;
  #digits = 0;

  /** @param maxBytes octets of the largest record that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The records that end in this chunk; they may share its memory. Throws MesosDnsError STREAM_INVALID and STATE_TOO_LARGE,
   * after which nothing more can be read.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#record) at += this.#fill(this.#record, chunk.subarray(at));
      else if (!this.#countEnds(chunk[at++] as number)) continue;
      else if (chunk.length - at >= this.#size) {
        yield* this.#whole(chunk.subarray(at, at + this.#size));
        at += this.#size;
        this.#reset();
        continue;
      } else this.#record = Buffer.allocUnsafeSlow(this.#size);
      if (this.#record && this.#filled === this.#size) {
        const record = this.#record;
        this.#reset();
        yield record;
      }
    }
  }

  *#whole(record: Uint8Array): Generator<Uint8Array> {
    if (record.length > 0) yield record;
  }

  #fill(record: Uint8Array, rest: Uint8Array): number {
    const part = rest.subarray(0, this.#size - this.#filled);
    record.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  /** Takes one octet of a record's count; true for the line feed behind it. */
  #countEnds(octet: number): boolean {
    if (octet === LINE_FEED && this.#digits > 0) return true;
    if (octet < ZERO || octet > NINE || ++this.#digits > MAX_DIGITS) {
      throw new MesosDnsError("STREAM_INVALID", "what stands between two records is not a count of octets");
    }
    this.#size = this.#size * 10 + octet - ZERO;
    if (this.#size > this.#maxBytes) {
      const message = `a record is larger than ${this.#maxBytes} bytes; if the cluster is that large, raise stateMaxBytes`;
      throw new MesosDnsError("STATE_TOO_LARGE", message);
    }
    return false;
  }

  #reset(): void {
    this.#record = undefined;
    this.#filled = 0;
    this.#size = 0;
    this.#digits = 0;
  }
}
