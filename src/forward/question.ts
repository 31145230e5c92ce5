import { endToEndOptions, NO_OPTIONS, OPT_FIXED } from "../wire/edns.js";
import { CLASS, HEADER, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";

/** A question to upstreams: what they need to know of a client's query. */
export interface Question {
  /** The name in lower-case wire form. */
  readonly name: Uint8Array;
  /** The name in wire form, in the letter case of the client's query. */
  readonly spelling: Uint8Array;
  readonly type: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  /** EDNS options of the client's query that are end to end: for the server that answers in the end. */
  readonly options: Uint8Array;
}

/** UDP payload size offered to upstreams, in octets: passes almost everywhere without fragmentation (RFC 9715). */
const PAYLOAD = 1232;
const RD = 0x01;
const AD = 0x20;
const CD = 0x10;
const DO = 0x80;
/** Octets of an option's code and length. */
const OPTION_HEADER = 4;
const PADDING = 12;
/** Encrypted queries are padded to multiples of this (RFC 8467 §4.1). */
const PADDING_BLOCK = 128;
const MAX_NAME = 255;
/** Most octets of options that are forwarded. Over TCP, a client can send some 65,000. */
const MAX_OPTIONS = 1024;

/** The question of a query, as a copy. @param message that `query` was read from */
export function questionOf(query: Query, message: Uint8Array): Question {
  const { opt } = query;
  return {
    name: query.name.slice(0, query.nameLength),
    spelling: message.slice(HEADER, HEADER + query.nameLength),
    type: query.type,
    recursionDesired: query.recursionDesired,
    checkingDisabled: query.checkingDisabled,
    dnssecOk: opt.dnssecOk,
    options: opt.endToEnd ? boundedOptions(endToEndOptions(message, opt.optionsAt, opt.optionsEnd)) : NO_OPTIONS,
  };
}

/** Drops options that are too long: no datagram would hold them, and a failed send closes the socket for all queries on it. */
function boundedOptions(options: Uint8Array): Uint8Array {
  return options.length > MAX_OPTIONS ? NO_OPTIONS : options;
}

/** A question that this server itself asks, to probe an upstream. */
export function probeQuestion(name: Uint8Array, type: number): Question {
  return {
    name,
    spelling: name,
    type,
    recursionDesired: true,
    checkingDisabled: false,
    dnssecOk: false,
    options: NO_OPTIONS,
  };
}

const scratch = Buffer.alloc(MAX_NAME + 8);

/**
 * The cache key of a query, the same for all that get the same answer: name, type, class, DO, CD and the group of upstreams.
 *
 * @param scope see `Group.scope`
 */
export function keyOf(query: Query, scope: number): string {
  const { name, nameLength, type } = query;
  for (let i = 0; i < nameLength; i++) scratch[i] = name[i];
  scratch[nameLength] = type >>> 8;
  scratch[nameLength + 1] = type;
  scratch[nameLength + 2] = query.class >>> 8;
  scratch[nameLength + 3] = query.class;
  scratch[nameLength + 4] = (query.opt.dnssecOk ? 1 : 0) | (query.checkingDisabled ? 2 : 0);
  scratch[nameLength + 5] = scope >>> 8;
  scratch[nameLength + 6] = scope;
  return scratch.toString("latin1", 0, nameLength + KEY_SUFFIX);
}

/** The same for any name, type and flags. @param name lower-case wire form as latin1 @param flags DO and CD: from 0 to 3 */
export function keyFor(name: string, type: number, flags: number, scope: number): string {
  const rest = [type >>> 8, type & 0xff, 0, CLASS.IN, flags, scope >>> 8, scope & 0xff];
  return name + String.fromCharCode(...rest);
}

/** Characters of a key behind the name. */
export const KEY_SUFFIX = 7;

/**
 * The letter case of the name in a query: random (draft-vixie-dnsext-dns0x20), which a forger would have to guess as well; lower
 * case; or the client's.
 */
export type Letters = "mixed" | "lower" | "client";

export interface QueryStyle {
  readonly letters: Letters;
  readonly edns: boolean;
  /** Whether to pad the query: it is sent encrypted. */
  readonly padded: boolean;
  /** Returns unpredictable unsigned 16-bit integers. */
  readonly random16: () => number;
}

/** Index of the octet behind the question, in every query for it. */
export function questionEnd({ name }: Question): number {
  return HEADER + name.length + 4;
}

/** The message to send to an upstream. Its id is 0 until the link sets it. */
export function writeQuery(question: Question, style: QueryStyle): Uint8Array {
  const { name, type, options } = question;
  const end = questionEnd(question);
  const optSize = style.edns ? OPT_FIXED + options.length : 0;
  const size = style.edns && style.padded ? padded(end + optSize) : end + optSize;
  const octets = Buffer.allocUnsafe(size);
  octets.fill(0, 0, HEADER);
  octets[2] = question.recursionDesired ? RD : 0;
  // AD asks whether the upstream validated the answer (RFC 6840 §5.7). The client's query decides whether the client is told.
  octets[3] = AD | (question.checkingDisabled ? CD : 0);
  octets[5] = 1;
  octets.set(style.letters === "client" ? question.spelling : name, HEADER);
  if (style.letters === "mixed") mixCase(octets, HEADER, HEADER + name.length, style.random16);
  octets.writeUInt16BE(type, end - 4);
  octets.writeUInt16BE(CLASS.IN, end - 2);
  if (style.edns) {
    octets[11] = 1;
    writeOpt(octets, end, question, end + optSize);
  }
  return octets;
}

/** Writes an OPT record from `at` to the end of `octets`. From `optionsEnd` on it is a padding option. */
function writeOpt(octets: Buffer, at: number, { dnssecOk, options }: Question, optionsEnd: number): void {
  octets[at] = 0;
  octets.writeUInt16BE(TYPE.OPT, at + 1);
  octets.writeUInt16BE(PAYLOAD, at + 3);
  octets.writeUInt32BE(dnssecOk ? DO << 8 : 0, at + 5);
  octets.writeUInt16BE(octets.length - at - OPT_FIXED, at + 9);
  octets.set(options, at + OPT_FIXED);
  if (octets.length === optionsEnd) return;
  octets.writeUInt16BE(PADDING, optionsEnd);
  octets.writeUInt16BE(octets.length - optionsEnd - OPTION_HEADER, optionsEnd + 2);
  octets.fill(0, optionsEnd + OPTION_HEADER);
}

function padded(size: number): number {
  return Math.ceil((size + OPTION_HEADER) / PADDING_BLOCK) * PADDING_BLOCK;
}

/** Changes the case of random letters. Length octets are below 64 and therefore no letters. */
function mixCase(octets: Uint8Array, start: number, end: number, random16: () => number): void {
  let bits = 0;
  for (let i = start, left = 0; i < end; i++, left--, bits >>>= 1) {
    if (left === 0) {
      bits = random16();
      left = 16;
    }
    const octet = octets[i];
    if (octet >= 0x61 && octet <= 0x7a && (bits & 1) !== 0) octets[i] = octet ^ 0x20;
  }
}
