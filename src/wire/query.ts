import { OptRecord } from "./edns.js";
import { finishHash, MAX_LABEL, MAX_NAME, mixHash } from "./names.js";
import { CLASS, HEADER, OPCODE, QR, RECORD_FIXED, TYPE } from "./protocol.js";
import { isReadable, nameEnd } from "./readable.js";

/** What reading a query came to. */
export const VERDICT = {
  /** A question in class IN that can be looked up. */
  OK: 0,
  /** Never answered: no header, itself an answer (RFC 1035 §4.1.1: QR). */
  DROP: 1,
  /** The question cannot be read: FORMERR with the header alone. */
  BROKEN_QUESTION: 2,
  /** What follows the question cannot be read: FORMERR. */
  MALFORMED: 3,
  /** An opcode this server does not serve. */
  OPCODE: 4,
  /** An EDNS version this server does not speak: BADVERS (RFC 6891 §6.1.3). */
  BAD_VERSION: 5,
  /** A class other than IN (class ANY too). */
  CLASS: 6,
  /** No question, but a cookie: a client that wants one of ours (RFC 7873 §5.4). */
  COOKIE_ONLY: 7,
  /** Signed, with a key that nobody has given to this server (RFC 8945 §5.2). */
  SIGNED: 8,
} as const;
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** A name of 255 octets has at most 127 labels. */
const MAX_LABELS = 128;

/**
 * Reads one query out of a buffer. One object serves all queries of a thread: nothing is allocated, and every read is
 * bounded by the message's length. Reading also folds the question's name to lower case and hashes it, in one pass.
 */
export class Query {
  id = 0;
  opcode = 0;
  recursionDesired = false;
  /** AD: the client wants to know whether the answer has been validated (RFC 6840 §5.7). */
  authenticData = false;
  /** CD: the client takes what has not been validated (RFC 4035 §3.2.2). */
  checkingDisabled = false;
  /** Octet behind the question; 12 where there is none to echo. */
  questionEnd: number = HEADER;
  /** Octet behind the last record; what follows is not read. */
  end: number = HEADER;
  type = 0;
  class = 0;
  /** The question's name in lower-case wire form, at the start of this buffer. */
  readonly name = new Uint8Array(MAX_NAME + 1);
  /** The same memory as words; zeros stand behind the name up to a whole one. */
  readonly nameWords = new Uint32Array(this.name.buffer);
  nameLength = 0;
  /** Labels without the root, and where each starts in `name`. */
  labels = 0;
  readonly labelAt = new Uint8Array(MAX_LABELS);
  /** As a signed integer of 32 bits: an unsigned one may be an object to be collected. */
  hash = 0;
  readonly opt = new OptRecord();
  /** Octet at which a TSIG record starts, or -1. */
  tsigAt = -1;

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
      // Other opcodes may mean other things by their sections: what can be read is echoed, the rest is not judged.
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
    if (this.tsigAt >= 0) return VERDICT.SIGNED;
    if (this.opt.present && this.opt.version !== 0) return VERDICT.BAD_VERSION;
    return this.class === CLASS.IN ? VERDICT.OK : VERDICT.CLASS;
  }

  /** Reads name, type and class; compression and the extended label types of old have no place in a question. */
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

  /** Walks the records behind the question, as many as the header promises. Octets behind them are ignored. */
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
        // What is wrong with a cookie is wrong with it alone: the answer has an OPT record.
        if (this.opt.badCookie) return false;
      } else if (type === TYPE.TSIG) {
        // Only ever the last record of all (RFC 8945 §5.1).
        if (i < before || i !== total - 1) return false;
        this.tsigAt = ownerAt;
      } else if (!isReadable(message, type, rdataAt, rdataEnd)) return false;
      at = rdataEnd;
    }
    this.end = at;
    return true;
  }
}
