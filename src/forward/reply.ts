import { HEADER, RCODE } from "../dns/protocol.js";

const TC = 0x02;
/** Type and class behind the question's name. */
const TYPE_AND_CLASS = 4;
const AA = 0x04;
const RA = 0x80;
const QR = 0x80;

/** A copy of a query with an id of our own: the client's is nothing an attacker could not know. */
export function withId(query: Uint8Array, id: number): Uint8Array {
  // Not slice(): a Buffer's shares its memory.
  const copy = new Uint8Array(query);
  copy[0] = id >>> 8;
  copy[1] = id & 0xff;
  return copy;
}

export function isTruncated(reply: Uint8Array): boolean {
  return (reply[2] & TC) !== 0;
}

/** The rcode in the header; the extended bits of an OPT are not looked at. */
export function rcodeOf(reply: Uint8Array): number {
  return reply[3] & 0x0f;
}

/**
 * Whether `reply` answers `query`: same id, same opcode, QR set, and the same question but for letter case. A reply
 * without a question is taken only as an error, as servers send it that could not read the query.
 *
 * @param questionEnd octet behind the query's question
 */
export function answers(reply: Uint8Array, query: Uint8Array, questionEnd: number): boolean {
  if (reply.length < HEADER || (reply[2] & QR) === 0) return false;
  if (reply[0] !== query[0] || reply[1] !== query[1] || (reply[2] & 0x78) !== (query[2] & 0x78)) return false;
  const questions = (reply[4] << 8) | reply[5];
  if (questions === 0) return rcodeOf(reply) !== RCODE.NOERROR && rcodeOf(reply) !== RCODE.NXDOMAIN;
  if (questions !== 1 || reply.length < questionEnd) return false;
  const nameEnd = questionEnd - TYPE_AND_CLASS;
  for (let i = HEADER; i < nameEnd; i++) if (fold(reply[i]) !== fold(query[i])) return false;
  for (let i = nameEnd; i < questionEnd; i++) if (reply[i] !== query[i]) return false;
  return true;
}

/**
 * The reply as the client gets it: its own id and question, letter case and all; never authoritative (AA=0), and
 * recursion is available (RA=1), for it just happened (RFC 1035 §4.1.1).
 */
export function restore(reply: Uint8Array, query: Uint8Array, questionEnd: number): Uint8Array {
  const message = new Uint8Array(reply);
  message[0] = query[0];
  message[1] = query[1];
  message[2] &= ~AA;
  message[3] |= RA;
  if (((message[4] << 8) | message[5]) === 1) message.set(query.subarray(HEADER, questionEnd), HEADER);
  return message;
}

/** Folds ASCII letters. Length octets are below 64 and so no letters: a whole name can be folded. */
function fold(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
