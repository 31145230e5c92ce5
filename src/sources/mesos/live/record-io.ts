import { MesosDnsError } from "../../../base/errors.js";

const LINE_FEED = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
/** A count of more digits could exceed 2^53. No record that is accepted is as large. */
const MAX_DIGITS = 15;

/** A part of a record. */
export interface RecordPart {
  readonly bytes: Uint8Array;
  /** Whether this is the last part of the record. */
  readonly isLast: boolean;
}

/**
 * Decodes RecordIO: `<decimal count of bytes>\n<record>`, repeated. Chunks may begin and end anywhere.
 *
 *     "4\n" "tr" | "ue4\nnu" | "ll"     ->    "tr" | "ue" (its last), "nu" | "ll" (its last)
 */
export class RecordDecoder {
  readonly #maxBytes: number;
  /** The bytes of the record that are missing; `undefined` while its count is being read. */
  #missing: number | undefined;
  #size = 0;
  #digits = 0;

  /** @param maxBytes size of the largest record that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The parts of records in this chunk. They share its memory, and none is empty. Throws MesosDnsError STREAM_INVALID or
   * STATE_TOO_LARGE: the decoder is unusable after that.
   */
  *push(chunk: Uint8Array): Generator<RecordPart> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#missing === undefined) {
        if (this.#countEnds(chunk[at++] as number)) this.#begin();
        continue;
      }
      const bytes = chunk.subarray(at, at + this.#missing);
      at += bytes.length;
      this.#missing -= bytes.length;
      const isLast = this.#missing === 0;
      if (isLast) this.#missing = undefined;
      yield { bytes, isLast };
    }
  }

  /** Begins a record. Skips an empty one. */
  #begin(): void {
    if (this.#size > 0) this.#missing = this.#size;
    this.#size = 0;
    this.#digits = 0;
  }

  /** Takes one byte of a record's count. Returns true for the line feed after it. */
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
}
