import { type AliasChain, aliasChain } from "./alias.js";
import { NO_OPTIONS, OPT_FIXED, passedOptions } from "./edns.js";
import { writeUint16, writeUint32 } from "./octets.js";
import { HEADER, MAX_POINTER, POINTER, RCODE, RECORD_FIXED, TC, TYPE } from "./protocol.js";
import { isReadable, nameEnd } from "./readable.js";
import { readTtl, type StoredRecords, TTL_IN_FIXED, TTL_TO_RDATA, ttlPlace } from "./reply-records.js";

/** Bounds of TTLs, in seconds (RFC 8767 §4 suggests caps). A TTL of 0 stays 0. */
export interface TtlBounds {
  readonly min: number;
  readonly max: number;
  /** Upper bound for negative answers. */
  readonly maxNegative: number;
}

/**
 * An upstream's reply, in the form in which it is cached: the records only, to be written behind any client's question. The
 * question has the same length for all clients, so that compression pointers stay valid. The OPT record, which is hop by hop, is
 * removed.
 */
export interface Reply extends StoredRecords {
  /** The complete rcode, with the extended bits of the OPT record. */
  readonly rcode: number;
  /** AD: the upstream has validated the answer. */
  readonly authenticated: boolean;
  readonly truncated: boolean;
  /** Whether the reply has an OPT record. */
  readonly edns: boolean;
  /** Options for the client: extended errors, and those whose code the client's query had. */
  readonly options: Uint8Array;
  /** Number of records in each section. */
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Index in `octets` where the additional section starts. */
  readonly additionalAt: number;
  /** Seconds that it may be cached; 0 if it must not be. */
  readonly lifetime: number;
  /** The chain of its CNAME records; undefined if the question's name has none. */
  readonly chain: AliasChain | undefined;
}

/** Octets of a question's type and class. */
const TYPE_AND_CLASS = 4;
const AD = 0x20;
/** Octets of the SOA's last field. */
const MINIMUM_SIZE = 4;
/** Most octets of options for the client: more would leave too little room for records. */
const MAX_OPTIONS = 1024;
/** Offset in an OPT record of the upper bits of the rcode (RFC 6891 §6.1.3). */
const EXTENDED_RCODE = 5;

/** More records than a message of 65,535 octets can hold: each has an owner of at least one octet, and ten octets more. */
const MAX_RECORDS = 6_000;

/** Most CNAME records in the answer section: resolvers do not follow so many. */
const MAX_CNAMES = 64;

/** Indices in the message of each record's owner and type. Shared by all replies: reading is synchronous. */
const ownerAt = new Uint16Array(MAX_RECORDS);
const fixedAt = new Uint16Array(MAX_RECORDS);

/**
 * Reads a reply; undefined if it is malformed.
 *
 * @param questionEnd index of the octet behind the question, which the caller has compared with the query's
 * @param asked options sent with the query
 */
export function readReply(
  message: Uint8Array,
  questionEnd: number,
  type: number,
  bounds: TtlBounds,
  asked: Uint8Array = NO_OPTIONS,
): Reply | undefined {
  const walk = walkRecords(message, questionEnd);
  if (!walk) return undefined;
  const { records, optAt, end } = walk;
  const options = optAt < 0 ? NO_OPTIONS : optionsOf(message, optAt, asked);
  const extended = optAt < 0 ? 0 : message[optAt + EXTENDED_RCODE] << 4;
  const rcode = extended | (message[3] & 0x0f);
  const truncated = (message[2] & TC) !== 0;
  const { answers, authorities, additionals } = walk;
  const size = end - questionEnd;
  const octets = new Uint8Array(size + 2 * records);
  octets.set(message.subarray(questionEnd, end));
  for (let i = 0; i < records; i++) {
    writeUint16(octets, size + 2 * i, fixedAt[i] + TTL_IN_FIXED - questionEnd);
    if (message[ownerAt[i]] < POINTER) lowerOwner(message, questionEnd, i, octets);
  }
  const lifetime = boundTtls(octets, { size, records, answers, authorities, type, rcode }, bounds);
  const [runStart, runLength] = longestRun(message, answers);
  return {
    rcode,
    authenticated: (message[3] & AD) !== 0,
    truncated,
    edns: optAt >= 0,
    options,
    answers,
    authorities,
    additionals,
    octets,
    additionalAt: additionals > 0 ? ownerAt[answers + authorities] - questionEnd : size,
    end: size,
    runStart,
    runLength,
    lifetime: truncated ? 0 : lifetime,
    chain: aliasChain(message, questionEnd, type, { ownerAt, fixedAt, answers }),
  };
}

interface Walk {
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Number of records that are kept, of all sections. */
  readonly records: number;
  /** Index at which an OPT record starts, or -1. */
  readonly optAt: number;
  /** Index of the octet behind the last record that is kept. */
  readonly end: number;
}

/**
 * Notes the place of each record up to the OPT record; undefined if the message is malformed. Most servers put the OPT record
 * last. Additional records behind it are dropped: removing it from between records would break compression pointers, and
 * additional records are optional (RFC 2181 §9).
 */
function walkRecords(message: Uint8Array, questionEnd: number): Walk | undefined {
  const length = message.length;
  const answers = (message[6] << 8) | message[7];
  const authorities = (message[8] << 8) | message[9];
  const total = answers + authorities + ((message[10] << 8) | message[11]);
  if (total > MAX_RECORDS) return undefined;
  let at = questionEnd;
  let optAt = -1;
  let end = questionEnd;
  let records = 0;
  let cnames = 0;
  for (let i = 0; i < total; i++) {
    const owner = at;
    at = nameEnd(message, at, length);
    if (at < 0 || at + RECORD_FIXED > length) return undefined;
    const fixed = at;
    at += RECORD_FIXED + ((message[at + 8] << 8) | message[at + 9]);
    if (at > length) return undefined;
    const type = (message[fixed] << 8) | message[fixed + 1];
    if (type === TYPE.CNAME && i < answers && ++cnames > MAX_CNAMES) return undefined;
    if (type !== TYPE.OPT && !isReadable(message, type, fixed + RECORD_FIXED, at)) return undefined;
    if (type === TYPE.OPT) {
      if (i < answers + authorities || message[owner] !== 0 || optAt >= 0) return undefined;
      optAt = owner;
    } else if (optAt < 0) {
      ownerAt[records] = owner;
      fixedAt[records] = fixed;
      records++;
      end = at;
    }
  }
  return { answers, authorities, additionals: records - answers - authorities, records, optAt, end };
}

function optionsOf(message: Uint8Array, optAt: number, asked: Uint8Array): Uint8Array {
  const rdataAt = optAt + OPT_FIXED;
  const rdlength = (message[rdataAt - 2] << 8) | message[rdataAt - 1];
  if (rdlength === 0) return NO_OPTIONS;
  const options = passedOptions(message, rdataAt, rdataAt + rdlength, asked);
  return options.length > MAX_OPTIONS ? NO_OPTIONS : options;
}

/**
 * Folds to lower case an uncompressed owner that is the question's name or a suffix of it: it may have the random letter case of
 * the query to the upstream.
 */
function lowerOwner(message: Uint8Array, questionEnd: number, record: number, octets: Uint8Array): void {
  const size = fixedAt[record] - ownerAt[record];
  const from = questionEnd - TYPE_AND_CLASS - size;
  if (from < HEADER) return;
  const owner = ownerAt[record];
  for (let i = 0; i < size; i++) if (fold(message[owner + i]) !== fold(message[from + i])) return;
  const at = owner - questionEnd;
  for (let i = 0; i < size; i++) octets[at + i] = fold(octets[at + i]);
}

/**
 * Folds an ASCII letter to lower case. Can be called for every octet of a name: length octets are below 64 and therefore no
 * letters.
 */
function fold(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

interface Sections {
  readonly size: number;
  readonly records: number;
  readonly answers: number;
  readonly authorities: number;
  readonly type: number;
  readonly rcode: number;
}

/**
 * Brings all TTLs into the bounds. Returns how long the reply may be cached, in seconds: its smallest TTL, or 0 if not at all.
 */
function boundTtls(octets: Uint8Array, sections: Sections, bounds: TtlBounds): number {
  const { size, records, answers, authorities, type, rcode } = sections;
  let lifetime = Number.POSITIVE_INFINITY;
  let isAnswered = rcode === RCODE.NOERROR && (type === TYPE.ANY || type === TYPE.CNAME) && answers > 0;
  let hasSoa = false;
  for (let i = 0; i < records; i++) {
    const at = ttlPlace(octets, size, i);
    const recordType = (octets[at - 4] << 8) | octets[at - 3];
    const given = readTtl(octets, at);
    let ttl = bounded(given, bounds.min, bounds.max);
    if (i < answers) isAnswered ||= rcode === RCODE.NOERROR && recordType === type;
    else if (i < answers + authorities && recordType === TYPE.SOA) {
      hasSoa = true;
      if (!isAnswered) ttl = negativeTtl(octets, at, given, bounds);
    }
    writeUint32(octets, at, ttl);
    lifetime = Math.min(lifetime, ttl);
  }
  // A negative answer without an SOA must not be cached (RFC 2308 §5). Nor is a referral, which is no answer.
  const isNegative = hasSoa && (rcode === RCODE.NXDOMAIN || rcode === RCODE.NOERROR);
  return isAnswered || isNegative ? lifetime : 0;
}

/** The TTL of the SOA in a negative answer: at most its MINIMUM field (RFC 2308 §5). @param ttl of the SOA as received */
function negativeTtl(octets: Uint8Array, at: number, ttl: number, { min, max, maxNegative }: TtlBounds): number {
  const rdlength = (octets[at + 4] << 8) | octets[at + 5];
  if (rdlength < MINIMUM_SIZE) return 0;
  const minimum = readTtl(octets, at + TTL_TO_RDATA + rdlength - MINIMUM_SIZE);
  return bounded(Math.min(ttl, minimum), min, Math.min(max, maxNegative));
}

function bounded(ttl: number, min: number, max: number): number {
  return ttl === 0 ? 0 : Math.min(max, Math.max(min, ttl));
}

/** The longest run of adjacent address records with the same owner and type in the answer section. */
function longestRun(message: Uint8Array, answers: number): readonly [start: number, length: number] {
  let best = 0;
  let longest = 0;
  for (let start = 0; start < answers; ) {
    let next = start + 1;
    if (isAddress(message, start)) while (next < answers && isSameSet(message, start, next)) next++;
    if (next - start > longest) {
      best = start;
      longest = next - start;
    }
    start = next;
  }
  return [best, longest];
}

function isAddress(message: Uint8Array, record: number): boolean {
  const at = fixedAt[record];
  const type = (message[at] << 8) | message[at + 1];
  const rdlength = (message[at + 8] << 8) | message[at + 9];
  return (type === TYPE.A && rdlength === 4) || (type === TYPE.AAAA && rdlength === 16);
}

function isSameSet(message: Uint8Array, first: number, other: number): boolean {
  const [a, b] = [fixedAt[first], fixedAt[other]];
  if (!isAddress(message, other) || message[a] !== message[b] || message[a + 1] !== message[b + 1]) return false;
  return isSameOwner(message, ownerAt[first], ownerAt[other], b - ownerAt[other]);
}

/**
 * Whether two owners are the same octets, or the other is a pointer to the first, as servers write them. Others do not rotate.
 */
function isSameOwner(message: Uint8Array, first: number, other: number, size: number): boolean {
  const canPoint = first <= MAX_POINTER;
  if (canPoint && message[other] === (POINTER | (first >>> 8)) && message[other + 1] === (first & 0xff)) return true;
  for (let i = 0; i < size; i++) if (message[first + i] !== message[other + i]) return false;
  return true;
}
