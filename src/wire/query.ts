import { OptRecord } from "./edns.js";
import { finishHash, MAX_LABEL, MAX_NAME, mixHash } from "./names.js";
import { CLASS, HEADER, OPCODE, QR, RECORD_FIXED, TYPE } from "./protocol.js";
import { isReadable, nameEnd } from "./readable.js";

/** Results of reading a query. */
export const VERDICT = {
  /** A question in class IN that can be looked up. */
  OK: 0,
  /** Not to be answered: shorter than a header, or a response (QR set, RFC 1035 §4.1.1). */
  DROP: 1,
  /** The question is malformed: FORMERR without a question. */
  BROKEN_QUESTION: 2,
  /** A record behind the question is malformed: FORMERR. */
  MALFORMED: 3,
  /** An opcode other than QUERY. */
  OPCODE: 4,
  /** An EDNS version other than 0: BADVERS (RFC 6891 §6.1.3). */
  BAD_VERSION: 5,
  /** A class other than IN (class ANY too). */
  CLASS: 6,
  /** No question, but a cookie: the client asks for a server cookie (RFC 7873 §5.4). */
  COOKIE_ONLY: 7,
} as const;
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** A name of 255 octets has at most 127 labels. */
const MAX_LABELS = 128;

/**
 * Reads one query from a buffer. One object serves all queries of a thread. It allocates nothing, and never reads past the
 * message. In the same pass it folds the question's name to lower case and hashes it.
 */
export class Query {
  id = 0;
  opcode = 0;
  recursionDesired = false;
  /** AD: the client wants to know whether the answer has been validated (RFC 6840 §5.7). */
  authenticData = false;
  /** CD: the client accepts answers that have not been validated (RFC 4035 §3.2.2). */
  checkingDisabled = false;
  /** Index of the octet behind the question; 12 if there is no question to repeat. */
  questionEnd: number = HEADER;
  /** Index of the octet behind the last record. What follows is ignored. */
  end: number = HEADER;
  type = 0;
  class = 0;
  /** The question's name in lower-case wire form, at the start of this buffer. */
  readonly name = new Uint8Array(MAX_NAME + 1);
  /** The same memory as words. The last word of the name is padded with zeros. */
  readonly nameWords = new Uint32Array(this.name.buffer);
  nameLength = 0;
  /** Number of labels without the root, and the index of each in `name`. */
  labels = 0;
  readonly labelAt = new Uint8Array(MAX_LABELS);
  /** Hash of the name, as a signed 32-bit integer: V8 may allocate an object for an unsigned one. */
  hash = 0;
  readonly opt = new OptRecord();
  /** Index at which a TSIG record starts, or -1. Its signature has not been checked. */
  tsigAt = -1;

  /** Reads the message in the first `length` octets. @param seed of the name's hash */
  read(message: Uint8Array, length: number, seed: number): Verdict {
    this.questionEnd = HEADER;
    this.type = 0;
    this.class = 0;
    this.nameLength = 0;
    this.opt.reset();
    this.tsigAt = -1;
    if (length < HEADER || (message[2] & QR) !== 0) return VERDICT.DROP;
    this.id = (message[0] << 8) | message[1];
    this.opcode = (message[2] >>> 3) & 0x0f;
    this.recursionDesired = (message[2] & 0x01) !== 0;
    this.authenticData = (message[3] & 0x20) !== 0;
    this.checkingDisabled = (message[3] & 0x10) !== 0;
    const questions = (message[4] << 8) | message[5];
    if (this.opcode !== OPCODE.QUERY) {
      // Other opcodes may use the sections differently: repeat a question that can be read, and do not check the rest.
      if (questions === 1 && this.#readQuestion(message, length, seed)) this.#readRecords(message, length);
      return VERDICT.OPCODE;
    }
    if (questions === 0) {
      const isCookie = this.#readRecords(message, length) && this.opt.cookieAt >= 0;
      if (!isCookie) this.opt.reset();
      return isCookie && this.opt.version === 0 ? VERDICT.COOKIE_ONLY : VERDICT.BROKEN_QUESTION;
    }
    if (questions !== 1 || !this.#readQuestion(message, length, seed)) return VERDICT.BROKEN_QUESTION;
    if (!this.#readRecords(message, length)) return VERDICT.MALFORMED;
    if (this.opt.present && this.opt.version !== 0) return VERDICT.BAD_VERSION;
    return this.class === CLASS.IN ? VERDICT.OK : VERDICT.CLASS;
  }

  /** Reads name, type and class. Rejects compression and extended label types. */
  #readQuestion(message: Uint8Array, length: number, seed: number): boolean {
    const name = this.name;
    let hash = seed;
    let at: number = HEADER;
    let size = 0;
    let labels = 0;
    for (;;) {
      if (at >= length) return false;
      const label = message[at++];
      hash = mixHash(hash, label);
      this.labelAt[labels] = size;
      name[size++] = label;
      if (label === 0) break;
      if (label > MAX_LABEL || at + label > length || size + label >= MAX_NAME) return false;
      labels++;
      for (const end = at + label; at < end; at++) {
        let octet = message[at];
        if (octet >= 0x41 && octet <= 0x5a) octet |= 0x20;
        hash = mixHash(hash, octet);
        name[size++] = octet;
      }
    }
    if (at + 4 > length) return false;
    this.type = (message[at] << 8) | message[at + 1];
    this.class = (message[at + 2] << 8) | message[at + 3];
    for (let i = size; (i & 3) !== 0; i++) name[i] = 0;
    this.questionEnd = at + 4;
    this.nameLength = size;
    this.labels = labels;
    this.hash = finishHash(hash) | 0;
    return true;
  }

  /** Reads as many records behind the question as the header says. Ignores octets behind them. */
  #readRecords(message: Uint8Array, length: number): boolean {
    const before = ((message[6] << 8) | message[7]) + ((message[8] << 8) | message[9]);
    const total = before + ((message[10] << 8) | message[11]);
    let at = this.questionEnd;
    for (let i = 0; i < total; i++) {
      const ownerAt = at;
      at = nameEnd(message, at, length);
      if (at < 0 || at + RECORD_FIXED > length) return false;
      const rdataAt = at + RECORD_FIXED;
      const rdataEnd = rdataAt + ((message[at + 8] << 8) | message[at + 9]);
      if (rdataEnd > length) return false;
      const type = (message[at] << 8) | message[at + 1];
      if (type === TYPE.OPT) {
        const misplaced = i < before || message[ownerAt] !== 0 || this.opt.present;
        if (misplaced || !this.opt.read(message, at, rdataAt, rdataEnd)) {
          this.opt.reset();
          return false;
        }
        // FORMERR, but the OPT record is valid: the answer has one too.
        if (this.opt.badCookie) return false;
      } else if (type === TYPE.TSIG) {
        // TSIG must be the last record of the message (RFC 8945 §5.1).
        if (i < before || i !== total - 1) return false;
        this.tsigAt = ownerAt;
      } else if (!isReadable(message, type, rdataAt, rdataEnd)) return false;
      at = rdataEnd;
    }
    this.end = at;
    return true;
  }
}
