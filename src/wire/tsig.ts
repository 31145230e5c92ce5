import { createHmac, timingSafeEqual } from "node:crypto";
import { readUint16, writeUint16 } from "./octets.js";
import { HEADER, RCODE, RECORD_FIXED } from "./protocol.js";
import { type KnownKey, knownKey, type TsigKey, type TsigKeys } from "./tsig-key.js";
import {
  findTsig,
  readTsig,
  TSIG_FIXED,
  type TsigRecord,
  timeOctets,
  tsigTimers,
  tsigVariables,
  writeTsig,
} from "./tsig-record.js";

export { type TsigAlgorithm, type TsigKey, TsigKeys } from "./tsig-key.js";

/** Signs messages and checks signatures (TSIG, RFC 8945). The clock is passed in: seconds since the epoch. */

/** Seconds by which the other side's clock may differ (RFC 8945 §10). */
const FUDGE = 300;
/** Octets of the time in other data. */
const TIME = 6;
const NOTHING = new Uint8Array(0);

/** The errors of a signature, by the codes of RFC 8945 §3. */
export type TsigError = "BADKEY" | "BADSIG" | "BADTIME" | "BADTRUNC";

/** What became of a signed request. */
export type TsigCheck =
  | { readonly kind: "good"; readonly key: TsigKey; readonly signer: TsigSigner }
  /** FORMERR, without a TSIG record. */
  | { readonly kind: "malformed" }
  /** NOTAUTH. The signer writes the error's TSIG record: without a MAC for BADKEY and BADSIG, with one for the others. */
  | { readonly kind: "refused"; readonly error: TsigError; readonly rcode: number; readonly signer: TsigSigner };

const MALFORMED: TsigCheck = { kind: "malformed" };

/**
 * Checks the signature of a request, in the order of RFC 8945 §5.2: form, key, MAC, time, length of the MAC.
 *
 * @param tsigAt `Query.tsigAt`: the record there is the last of the additional section, and the only one of its type
 */
export function checkTsig(
  message: Uint8Array,
  length: number,
  tsigAt: number,
  keys: TsigKeys,
  nowSeconds: number,
): TsigCheck {
  const record = readTsig(message, length, tsigAt);
  if (!record) return MALFORMED;
  const known = keys.find(record.keyName);
  if (!known || !isSame(known.wireAlgorithm, record.algorithm)) return refused("BADKEY", record);
  const { mac } = record;
  if (mac.length > known.macSize || mac.length < known.leastMac) return MALFORMED;
  if (!isRight(known, NOTHING, { message, tsigAt, record })) return refused("BADSIG", record);
  if (!isInTime(record, nowSeconds)) return refused("BADTIME", record, known);
  // A MAC of which a part was sent is weaker than the key: this server takes whole ones only (RFC 8945 §5.2.4).
  if (mac.length < known.macSize) return refused("BADTRUNC", record, known);
  return { kind: "good", key: known.key, signer: new TsigSigner(answered(record, known)) };
}

function answered({ keyName, algorithm, mac }: TsigRecord, known: KnownKey | undefined): Signing {
  return { known, keyName, algorithm, prior: mac, error: RCODE.NOERROR };
}

function refused(error: TsigError, record: TsigRecord, known?: KnownKey): TsigCheck {
  // A client that is told its clock is wrong has to be able to check that: the time is its own (RFC 8945 §5.2.3).
  const timeSigned = error === "BADTRUNC" ? {} : { timeSigned: record.timeSigned };
  const signer = new TsigSigner({ ...answered(record, known), error: RCODE[error], ...timeSigned });
  return { kind: "refused", error, rcode: RCODE.NOTAUTH, signer };
}

/** What a signer signs with, and what its records say. */
interface Signing {
  /** Undefined for records without a MAC. */
  readonly known: KnownKey | undefined;
  /** In lower-case wire form, as in `TsigRecord`. */
  readonly keyName: Uint8Array;
  readonly algorithm: Uint8Array;
  /** The MAC that the first message's is computed over: the request's. */
  readonly prior: Uint8Array;
  readonly error: number;
  /** Seconds since the epoch; by default those of the signing. */
  readonly timeSigned?: number;
}

/** Signs the messages of one response: the first over the request's MAC, each later one over the MAC before it (RFC 8945 §5.3). */
export class TsigSigner {
  /** Most octets that `sign` adds to a message. */
  readonly size: number;
  readonly #signing: Signing;
  #prior: Uint8Array;
  #isFirst = true;

  constructor(signing: Signing) {
    const { known, keyName, algorithm, prior, error } = signing;
    this.#signing = signing;
    this.#prior = prior;
    const mac = known?.macSize ?? 0;
    const other = error === RCODE.BADTIME ? TIME : 0;
    this.size = keyName.length + RECORD_FIXED + algorithm.length + TSIG_FIXED + mac + other;
  }

  /** A signer for another response to the same request. */
  anew(): TsigSigner {
    return new TsigSigner(this.#signing);
  }

  /** The MAC of the message signed last: what the answer to a request is checked against. */
  get mac(): Uint8Array {
    return this.#prior;
  }

  /**
   * Appends a TSIG record to the message in the first `length` octets, whose header is complete, and counts it there. The memory has
   * room for it.
   *
   * @returns the new length
   */
  sign(message: Uint8Array, length: number, nowSeconds: number): number {
    const { known, keyName, algorithm, error, timeSigned = nowSeconds } = this.#signing;
    const unsigned: TsigRecord = {
      keyName,
      algorithm,
      timeSigned,
      fudge: FUDGE,
      mac: NOTHING,
      originalId: readUint16(message, 0),
      error,
      other: error === RCODE.BADTIME ? timeOctets(nowSeconds) : NOTHING,
    };
    if (known) {
      const behind = this.#isFirst ? tsigVariables(unsigned) : tsigTimers(unsigned);
      this.#prior = macOf(known, this.#prior, [message.subarray(0, length), behind]);
      this.#isFirst = false;
    }
    writeUint16(message, 10, readUint16(message, 10) + 1);
    return writeTsig(message, length, { ...unsigned, mac: known ? this.#prior : NOTHING });
  }
}

/**
 * Signs a request that this server sends. The memory behind the message has room for the record.
 *
 * @returns the new length, and the MAC, which `checkResponse` needs
 */
export function signRequest(
  message: Uint8Array,
  length: number,
  key: TsigKey,
  nowSeconds: number,
): { readonly length: number; readonly mac: Uint8Array } {
  const known = knownKey(key);
  const { wireName: keyName, wireAlgorithm: algorithm } = known;
  const signer = new TsigSigner({ known, keyName, algorithm, prior: NOTHING, error: RCODE.NOERROR });
  const signed = signer.sign(message, length, nowSeconds);
  return { length: signed, mac: signer.mac };
}

/**
 * Whether a response of one message is signed with the key, in time, for the request with this MAC (RFC 8945 §5.4). A response may be
 * right and say NOTAUTH: the rcode is for the caller to read.
 */
export function checkResponse(
  message: Uint8Array,
  length: number,
  key: TsigKey,
  requestMac: Uint8Array,
  nowSeconds: number,
): boolean {
  const tsigAt = findTsig(message, length);
  const record = tsigAt < 0 ? undefined : readTsig(message, length, tsigAt);
  if (!record) return false;
  const known = knownKey(key);
  const isOfKey = isSame(known.wireName, record.keyName) && isSame(known.wireAlgorithm, record.algorithm);
  if (!isOfKey || record.mac.length !== known.macSize) return false;
  return isRight(known, requestMac, { message, tsigAt, record }) && isInTime(record, nowSeconds);
}

/** A signed message: `message[0, tsigAt)`, and the record behind that. */
interface Signed {
  readonly message: Uint8Array;
  readonly tsigAt: number;
  readonly record: TsigRecord;
}

/** Whether the MAC is right, as far as it was sent. Takes the same time wherever it differs. */
function isRight(known: KnownKey, prior: Uint8Array, { message, tsigAt, record }: Signed): boolean {
  // slice() of a Buffer does not copy.
  const header = Uint8Array.from(message.subarray(0, HEADER));
  writeUint16(header, 0, record.originalId);
  writeUint16(header, 10, readUint16(header, 10) - 1);
  const right = macOf(known, prior, [header, message.subarray(HEADER, tsigAt), tsigVariables(record)]);
  return timingSafeEqual(right.subarray(0, record.mac.length), record.mac);
}

function isInTime({ timeSigned, fudge }: TsigRecord, nowSeconds: number): boolean {
  return Math.abs(nowSeconds - timeSigned) <= fudge;
}

/** The MAC over the MAC before it, if there is one (its length first), and the parts (RFC 8945 §4.3). */
function macOf({ key }: KnownKey, prior: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac(key.algorithm.replace("hmac-", ""), key.secret);
  if (prior.length > 0) hmac.update(Uint8Array.of(prior.length >>> 8, prior.length)).update(prior);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, index) => octet === other[index]);
}
