import { HEADER, QR, RCODE } from "../wire/protocol.js";

const TC = 0x02;
const OPCODE = 0x78;
const RCODE_MASK = 0x0f;
/** Octets of the question's type and class. */
const TYPE_AND_CLASS = 4;
/** The bit that differs between upper and lower case of an ASCII letter. */
const CASE = 0x20;

/** How a reply's question compares with the one asked: identical, different in letter case only, or another question. */
export type Match = "exact" | "folded" | "other";

/** Whether a message has a complete header with QR set (RFC 1035 §4.1.1). */
export function isResponse(message: Uint8Array): boolean {
  return message.length >= HEADER && (message[2] & QR) !== 0;
}

/** The id of a message with a complete header. */
export function idOf(message: Uint8Array): number {
  return (message[0] << 8) | message[1];
}

/**
 * Compares the opcode and the question of a reply with those of the query (RFC 5452 §9.1). The case of ASCII letters in names
 * does not matter (RFC 4343). A reply without a question is accepted in two cases: as an error, as some servers send it if they
 * cannot read the query, and if it is truncated, as anything may be missing then (RFC 2181 §9). It says nothing about letter case
 * and counts as exact.
 *
 * @param reply a message for which `isResponse` holds
 * @param questionEnd index of the octet behind the query's question, which has no compression pointers
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

/** Can be called for every octet of a name: length octets are below 64 and therefore no letters. */
function isLetter(octet: number): boolean {
  const lower = octet | CASE;
  return lower >= 0x61 && lower <= 0x7a;
}
