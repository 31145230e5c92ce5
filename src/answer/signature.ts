import { RCODE } from "../wire/protocol.js";
import { checkTsig, type TsigCheck, type TsigKeys } from "../wire/tsig.js";

/** A query's signature, and that of its answer (RFC 8945 §5). One object serves all queries of a thread. */
export class Signature {
  /** What became of it; undefined if the query has none. */
  #check: TsigCheck | undefined;

  /** The next query has no signature, unless `check` is called for it. */
  reset(): void {
    this.#check = undefined;
  }

  /** Checks the signature of a query. @param at index of its TSIG record @param now seconds since the epoch */
  check(message: Uint8Array, length: number, at: number, keys: TsigKeys, now: number): void {
    this.#check = checkTsig(message, length, at, keys, now);
  }

  /** Octets that `sign` adds to the answer. */
  get size(): number {
    const check = this.#check;
    return check === undefined || check.kind === "malformed" ? 0 : check.signer.size;
  }

  /** The rcode for a query whose signature is not good; undefined if it is, or if there is none. */
  get refusal(): number | undefined {
    const check = this.#check;
    if (check === undefined || check.kind === "good") return undefined;
    return check.kind === "refused" ? check.rcode : RCODE.FORMERR;
  }

  /** Signs the complete answer in the first `length` octets, if the query's signature calls for that. Returns the new length. */
  sign(out: Uint8Array, length: number, now: number): number {
    const check = this.#check;
    return check === undefined || check.kind === "malformed" ? length : check.signer.sign(out, length, now);
  }
}
