import { type AliasChain, aliasChain } from "./alias.js";
import { NO_OPTIONS, OPT_FIXED, passedOptions } from "./edns.js";
import { writeUint16, writeUint32 } from "./octets.js";
import { HEADER, MAX_POINTER, POINTER, RCODE, RECORD_FIXED, TC, TYPE } from "./protocol.js";
import { isReadable, nameEnd } from "./readable.js";
import { readTtl, type StoredRecords, TTL_IN_FIXED, TTL_TO_RDATA, ttlPlace } from "./reply-records.js";

/** Bounds of the TTLs that are believed, in seconds (RFC 8767 §4 suggests caps). A TTL of 0 stays 0. */
export interface TtlBounds {
  readonly min: number;
  readonly max: number;
  /** For what an SOA in a negative answer says. */
  readonly maxNegative: number;
}

/**
 * What an upstream resolver answered, ready to be put behind any client's question: the question has the same octets but
 * for letter case, so that compression pointers still lead where they led. The OPT record, which is between neighbours,
 * is taken out.
 */
export interface Reply extends StoredRecords {
  /** All of the rcode, extended bits included. */
  readonly rcode: number;
  /** AD: the upstream has validated it. */
  readonly authenticated: boolean;
  readonly truncated: boolean;
  /** The upstream speaks EDNS. */
  readonly edns: boolean;
  /** Options that are passed on: extended errors, and what the client had sent some of. */
  readonly options: Uint8Array;
  /** Records of each section. */
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Where in `octets` the additional section starts. */
  readonly additionalAt: number;
  /** Seconds that it may be kept; 0 where it must not be. */
  readonly lifetime: number;
  /** Where its CNAME records lead, if the question's name has one. */
  readonly chain: AliasChain | undefined;
}

/** Type and class behind a question's name. */
const TYPE_AND_CLASS = 4;
const AD = 0x20;
/** Octets of the SOA's last field. */
const MINIMUM_SIZE = 4;
/** Octets of options that are passed on: more would leave no room for the rest of the smallest answer buffer. */
const MAX_OPTIONS = 1024;
/** In an OPT record: the upper bits of the rcode (RFC 6891 §6.1.3). */
const EXTENDED_RCODE = 5;

/** Records that a message of 65,535 octets can hold: an owner of one octet, and no RDATA. */
const MAX_RECORDS = 6_000;

/** No alias has to go over more names, and none is followed over so many. */
const MAX_CNAMES = 64;

/** Where the parts of the record lie that is being read. One serves all: reading is synchronous. */
const ownerAt = new Uint16Array(MAX_RECORDS);
const fixedAt = new Uint16Array(MAX_RECORDS);

/**
 * Reads a reply; nothing where it is no well-formed message.
 *
 * @param questionEnd octet behind the question, which the caller has compared
 * @param asked options that went with the query
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
  /** All of them. */
  readonly records: number;
  /** Octet at which an OPT record starts, or -1. */
  readonly optAt: number;
  /** Octet behind the last record that is kept. */
  readonly end: number;
}

/**
 * Notes where each record is, up to the OPT record. Most servers put that last; additional records behind it are left
 * out, for taking it from between them would move what names point to, and nobody has to have them (RFC 2181 §9).
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
 * Lowers an owner that is written out and is the question's name or ends it: its letter case may be the random one of
 * the query that went upstream, and nobody else has asked for that.
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

/** Folds ASCII letters. Length octets are below 64 and so no letters: a whole name can be folded. */
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

/** Brings all TTLs inside the bounds, and says how long the reply may be kept: as long as its shortest-lived record. */
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
  // Without an SOA nothing says for how long something is not there (RFC 2308 §5); a referral is no answer.
  const isNegative = hasSoa && (rcode === RCODE.NXDOMAIN || rcode === RCODE.NOERROR);
  return isAnswered || isNegative ? lifetime : 0;
}

/** The TTL of an SOA in a negative answer: no more than the zone's minimum (RFC 2308 §5). @param ttl as it was given */
function negativeTtl(octets: Uint8Array, at: number, ttl: number, { min, max, maxNegative }: TtlBounds): number {
  const rdlength = (octets[at + 4] << 8) | octets[at + 5];
  if (rdlength < MINIMUM_SIZE) return 0;
  const minimum = readTtl(octets, at + TTL_TO_RDATA + rdlength - MINIMUM_SIZE);
  return bounded(Math.min(ttl, minimum), min, Math.min(max, maxNegative));
}

function bounded(ttl: number, min: number, max: number): number {
  return ttl === 0 ? 0 : Math.min(max, Math.max(min, ttl));
}

/** Neighbours in the answer section with the same owner and an address each. */
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

/** The same octets, or a pointer to the first owner: what servers write. Other spellings just do not take turns. */
function isSameOwner(message: Uint8Array, first: number, other: number, size: number): boolean {
  const canPoint = first <= MAX_POINTER;
  if (canPoint && message[other] === (POINTER | (first >>> 8)) && message[other + 1] === (first & 0xff)) return true;
  for (let i = 0; i < size; i++) if (message[first + i] !== message[other + i]) return false;
  return true;
}
