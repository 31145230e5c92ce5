import { RCODE } from "../wire/protocol.js";
import type { TsigCheck } from "../wire/tsig.js";

/** In place of an rcode: the query is to be answered. */
export const NO_REFUSAL = -1;

/** A query's signature, and that of its answer (RFC 8945 §5). One object serves all signed queries of a thread. */
export class Signature {
  #check: TsigCheck = { kind: "malformed" };
  /** Most octets of the answer, its signature included. */
  #limit = 0;

  /** Starts with what became of a query's signature. Returns the octets that `sign` adds to the answer. */
  begin(check: TsigCheck, limit: number): number {
    this.#check = check;
    this.#limit = limit;
    return check.kind === "malformed" ? 0 : check.signer.size;
  }

  /** The rcode for a query whose signature is not good, or `NO_REFUSAL`. */
  get refusal(): number {
    const check = this.#check;
    if (check.kind === "good") return NO_REFUSAL;
    return check.kind === "refused" ? check.rcode : RCODE.FORMERR;
  }

  /**
   * Signs the complete answer in the first `length` octets, if the query's signature calls for that. Returns the new length. With the
   * longest names, a datagram has no room for a signature.
   */
  sign(out: Uint8Array, length: number, now: number): number {
    const check = this.#check;
    if (check.kind === "malformed" || length + check.signer.size > this.#limit) return length;
    return check.signer.sign(out, length, now);
  }
}
