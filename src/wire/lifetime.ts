import { HEADER, TYPE } from "./protocol.js";
import { nameEnd } from "./readable.js";

/** Octets of type, class, TTL and RDLENGTH. */
const RECORD_FIXED = 10;
/** Octets of a question's type and class. */
const QUESTION_FIXED = 4;

/**
 * Seconds that a response may be cached: the smallest TTL of its answer and authority sections (RFC 8484 §5.1), or 0 if they have
 * no records. Undefined for a malformed message.
 */
export function lifetimeOf(message: Uint8Array): number | undefined {
  if (message.length < HEADER) return undefined;
  const count = (at: number) => (message[at] << 8) | message[at + 1];
  let at: number = HEADER;
  for (let i = count(4); i > 0; i--) {
    at = nameEnd(message, at, message.length);
    if (at < 0) return undefined;
    at += QUESTION_FIXED;
  }
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = count(6) + count(8); i > 0; i--) {
    at = nameEnd(message, at, message.length);
    if (at < 0 || at + RECORD_FIXED > message.length) return undefined;
    const ttl = count(at + 4) * 0x10000 + count(at + 6);
    if (count(at) !== TYPE.OPT) smallest = Math.min(smallest, ttl);
    at += RECORD_FIXED + count(at + 8);
  }
  if (at > message.length) return undefined;
  return Number.isFinite(smallest) ? smallest : 0;
}
