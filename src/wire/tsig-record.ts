import { readUint16, readUint32, writeUint16, writeUint32 } from "./octets.js";
import { HEADER, RECORD_FIXED, TYPE } from "./protocol.js";
import { expandName, nameEnd } from "./readable.js";

/**
 * The TSIG record (RFC 8945 §4.2): its owner is the key's name, and its RDATA
 *
 *     algorithm | time signed (6) | fudge (2) | size (2) | MAC | original id (2) | error (2) | size (2) | other data
 */

const CLASS_ANY = 255;
const UINT32 = 2 ** 32;
/** Octets of time and fudge. */
const TIME_AND_FUDGE = 8;
/** Octets of original id, error, and the size of other data. */
const TAIL = 6;
/** Octets of the RDATA without algorithm, MAC and other data. */
export const TSIG_FIXED = TIME_AND_FUDGE + 2 + TAIL;

/** What a TSIG record says. The names are in lower-case wire form, which is how they are digested (RFC 8945 §4.3.3). */
export interface TsigRecord {
  readonly keyName: Uint8Array;
  readonly algorithm: Uint8Array;
  /** Seconds since the epoch, 48 bits. */
  readonly timeSigned: number;
  /** Seconds by which clocks may differ. */
  readonly fudge: number;
  /** Empty if the message is not signed, but for an error. */
  readonly mac: Uint8Array;
  /** The message's id when it was signed: who forwards a message changes it. */
  readonly originalId: number;
  readonly error: number;
  readonly other: Uint8Array;
}

/**
 * Reads the TSIG record that starts at `at`. The caller has checked that it is the last one, and the only one of its type. Names may be
 * compressed, though no sender may compress the algorithm's (RFC 8945 §4.2): they are digested without compression anyway.
 *
 * @returns `undefined` if it is malformed: also where its class is not ANY or its TTL not 0
 */
export function readTsig(message: Uint8Array, length: number, at: number): TsigRecord | undefined {
  const fixedAt = nameEnd(message, at, length);
  const rdataAt = fixedAt + RECORD_FIXED;
  if (fixedAt < 0 || rdataAt > length) return undefined;
  if (readUint16(message, fixedAt + 2) !== CLASS_ANY || readUint32(message, fixedAt + 4) !== 0) return undefined;
  const end = rdataAt + readUint16(message, fixedAt + 8);
  if (end > length) return undefined;
  const timeAt = nameEnd(message, rdataAt, end);
  const macAt = timeAt + TIME_AND_FUDGE + 2;
  if (timeAt < 0 || macAt > end) return undefined;
  const tailAt = macAt + readUint16(message, macAt - 2);
  const otherAt = tailAt + TAIL;
  if (otherAt > end || otherAt + readUint16(message, otherAt - 2) !== end) return undefined;
  return {
    keyName: lower(expandName(message, at)),
    algorithm: lower(expandName(message, rdataAt)),
    timeSigned: readUint16(message, timeAt) * UINT32 + readUint32(message, timeAt + 2),
    fudge: readUint16(message, timeAt + 6),
    mac: Uint8Array.from(message.subarray(macAt, tailAt)),
    originalId: readUint16(message, tailAt),
    error: readUint16(message, tailAt + 2),
    other: Uint8Array.from(message.subarray(otherAt, end)),
  };
}

/** Writes a TSIG record, without compression, and returns the index of the octet behind it. */
export function writeTsig(out: Uint8Array, start: number, record: TsigRecord): number {
  const { keyName, algorithm, mac, other } = record;
  out.set(keyName, start);
  let at = writeUint16(out, start + keyName.length, TYPE.TSIG);
  at = writeUint32(out, writeUint16(out, at, CLASS_ANY), 0);
  at = writeUint16(out, at, algorithm.length + TSIG_FIXED + mac.length + other.length);
  out.set(algorithm, at);
  at = writeTimers(out, at + algorithm.length, record);
  at = writeUint16(out, at, mac.length);
  out.set(mac, at);
  at = writeUint16(out, at + mac.length, record.originalId);
  at = writeUint16(out, writeUint16(out, at, record.error), other.length);
  out.set(other, at);
  return at + other.length;
}

/** The variables that are digested behind a message (RFC 8945 §4.3.3). */
export function tsigVariables(record: TsigRecord): Uint8Array {
  const { keyName, algorithm, other } = record;
  const out = new Uint8Array(keyName.length + 6 + algorithm.length + TIME_AND_FUDGE + 4 + other.length);
  out.set(keyName);
  let at = writeUint32(out, writeUint16(out, keyName.length, CLASS_ANY), 0);
  out.set(algorithm, at);
  at = writeTimers(out, at + algorithm.length, record);
  at = writeUint16(out, writeUint16(out, at, record.error), other.length);
  out.set(other, at);
  return out;
}

/** What is digested behind the second and later messages of a stream (RFC 8945 §4.3.3.1). */
export function tsigTimers(record: TsigRecord): Uint8Array {
  const out = new Uint8Array(TIME_AND_FUDGE);
  writeTimers(out, 0, record);
  return out;
}

/** The time in the 48 bits that other data has with BADTIME (RFC 8945 §5.2.3). @param seconds since the epoch */
export function timeOctets(seconds: number): Uint8Array {
  const out = new Uint8Array(TIME_AND_FUDGE - 2);
  writeTime(out, 0, seconds);
  return out;
}

/** The index at which a message's TSIG record starts; -1 if it has none as its last record, or is malformed. */
export function findTsig(message: Uint8Array, length: number): number {
  if (length < HEADER) return -1;
  let at: number = HEADER;
  for (let questions = readUint16(message, 4); questions > 0; questions--) {
    at = nameEnd(message, at, length);
    if (at < 0) return -1;
    at += 4;
  }
  const before = readUint16(message, 6) + readUint16(message, 8);
  const total = before + readUint16(message, 10);
  for (let i = 0; i < total; i++) {
    const fixedAt = nameEnd(message, at, length);
    if (fixedAt < 0 || fixedAt + RECORD_FIXED > length) return -1;
    if (readUint16(message, fixedAt) === TYPE.TSIG) return i >= before && i === total - 1 ? at : -1;
    at = fixedAt + RECORD_FIXED + readUint16(message, fixedAt + 8);
  }
  return -1;
}

function writeTimers(out: Uint8Array, start: number, { timeSigned, fudge }: TsigRecord): number {
  return writeUint16(out, writeTime(out, start, timeSigned), fudge);
}

function writeTime(out: Uint8Array, start: number, seconds: number): number {
  return writeUint32(out, writeUint16(out, start, Math.floor(seconds / UINT32)), seconds % UINT32);
}

/** Length octets are below 64, and therefore no letters. */
function lower(name: Uint8Array): Uint8Array {
  return name.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet));
}
