import { createHash } from "node:crypto";

const BITS = 256;

/** Identifies a set of texts: the sum of their digests, so that a change costs no more than the texts that have changed. */
export class TableDigest {
  #sum = 0n;

  add(text: string): void {
    this.#sum = BigInt.asUintN(BITS, this.#sum + digestOf(text));
  }

  remove(text: string): void {
    this.#sum = BigInt.asUintN(BITS, this.#sum - digestOf(text));
  }

  /** Equal for equal sets, on whichever machine. */
  get text(): string {
    return Buffer.from(this.#sum.toString(16).padStart(BITS / 4, "0"), "hex").toString("base64url");
  }
}

function digestOf(text: string): bigint {
  return BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
}
