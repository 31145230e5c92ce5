import { HEADER, QR, RCODE } from "../wire/protocol.js";

const TC = 0x02;
const OPCODE = 0x78;
const RCODE_MASK = 0x0f;
/** Octets of type and class behind the question's name. */
const TYPE_AND_CLASS = 4;
/** What tells an ASCII letter from the same letter in the other case. */
const CASE = 0x20;

/** How the question of a reply compares with the one asked: letter for letter, but for letter case, or not at all. */
export type Match = "exact" | "folded" | "other";

/** Whether a message can be a reply at all: a whole header, with QR set (RFC 1035 §4.1.1). */
export function isResponse(message: Uint8Array): boolean {
  return message.length >= HEADER && (message[2] & QR) !== 0;
}

/** The id of a message that has a header. */
export function idOf(message: Uint8Array): number {
  return (message[0] << 8) | message[1];
}

/**
 * Compares what a response repeats of its query with the query: opcode and question (RFC 5452 §9.1). Names are equal
 * whatever the case of their ASCII letters (RFC 4343). A reply without a question is taken only as an error, as servers
 * send it that could not read the query, or where it is truncated, for then anything may be missing (RFC 2181 §9); it
 * says nothing about letter case and so counts as exact.
 *
 * @param reply for which `isResponse` holds
 * @param questionEnd octet behind the query's question, which has no compression pointers
 */
export function matchQuestion(reply: Uint8Array, query: Uint8Array, questionEnd: number): Match {
  if ((reply[2] & OPCODE) !== (query[2] & OPCODE)) return "other";
  const questions = (reply[4] << 8) | reply[5];
  const isTruncated = (reply[2] & TC) !== 0;
  if (questions === 0) {
    if (isTruncated) return "exact";
    const rcode = reply[3] & RCODE_MASK;
    return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN ? "other" : "exact";
  }
  if (questions !== 1 || (reply.length < questionEnd && !isTruncated)) return "other";
  const end = Math.min(reply.length, questionEnd);
  const nameEnd = questionEnd - TYPE_AND_CLASS;
  for (let i = nameEnd; i < end; i++) if (reply[i] !== query[i]) return "other";
  let match: Match = "exact";
  for (let i = HEADER; i < Math.min(nameEnd, end); i++) {
    if (reply[i] === query[i]) continue;
    if ((reply[i] ^ query[i]) !== CASE || !isLetter(reply[i])) return "other";
    match = "folded";
  }
  return match;
}

/** Length octets are below 64 and so no letters: every octet of a name can be asked. */
function isLetter(octet: number): boolean {
  const lower = octet | CASE;
  return lower >= 0x61 && lower <= 0x7a;
}
