import { MesosDnsError } from "../../../base/errors.js";

const LINE_FEED = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
/** 2^53 has sixteen digits; no record that is accepted has as many octets. */
const MAX_DIGITS = 15;

/** Octets of a record. */
export interface RecordPart {
  readonly octets: Uint8Array;
  /** Whether they are its last. */
  readonly isLast: boolean;
}

/**
 * Takes RecordIO apart: `<decimal count of octets>\n<record>`, over and over. Where chunks begin and end means nothing.
 *
 *     "4\n" "tr" | "ue4\nnu" | "ll"     ->    "tr" | "ue" (its last), "nu" | "ll" (its last)
 */
export class RecordDecoder {
  readonly #maxBytes: number;
  /** Octets of the record that are still to come; nothing while its count is being read. */
  #missing: number | undefined;
  #size = 0;
  #digits = 0;

  /** @param maxBytes octets of the largest record that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The parts of records in this chunk, whose memory they share; none of them is empty. Throws MesosDnsError STREAM_INVALID and
   * STATE_TOO_LARGE, after which nothing more can be read.
   */
  *push(chunk: Uint8Array): Generator<RecordPart> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#missing === undefined) {
        if (this.#countEnds(chunk[at++] as number)) this.#begin();
        continue;
      }
      const octets = chunk.subarray(at, at + this.#missing);
      at += octets.length;
      this.#missing -= octets.length;
      const isLast = this.#missing === 0;
      if (isLast) this.#missing = undefined;
      yield { octets, isLast };
    }
  }

  /** A record without octets is none. */
  #begin(): void {
    if (this.#size > 0) this.#missing = this.#size;
    this.#size = 0;
    this.#digits = 0;
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
}
