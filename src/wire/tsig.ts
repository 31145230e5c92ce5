import { RCODE, TYPE } from "./protocol.js";
import { expandName, nameEnd } from "./readable.js";

const CLASS_ANY = 255;
/** Octets of type, class, TTL and RDLENGTH. */
const FIXED = 10;
/** Octets of time signed (48 bits) and fudge (16 bits). */
const TIME_AND_FUDGE = 8;

/**
 * An unsigned TSIG record with the error BADKEY, as this server has no keys (RFC 8945 §5.2.1). Key name, algorithm and time are
 * those of the query. Names are not compressed.
 *
 * @param at index at which the query's TSIG record starts; the caller has checked that the record is inside the message
 * @returns the record; undefined if the query's is malformed
 */
export function badKeyRecord(message: Uint8Array, at: number, length: number): Uint8Array | undefined {
  const fixedAt = nameEnd(message, at, length);
  if (fixedAt < 0) return undefined;
  const rdataAt = fixedAt + FIXED;
  const rdataEnd = rdataAt + ((message[fixedAt + 8] << 8) | message[fixedAt + 9]);
  const timeAt = nameEnd(message, rdataAt, rdataEnd);
  if (timeAt < 0 || timeAt + TIME_AND_FUDGE > rdataEnd) return undefined;
  const algorithmAndTime = [...expandName(message, rdataAt), ...message.subarray(timeAt, timeAt + TIME_AND_FUDGE)];
  // No MAC, the query's id, the error, no other data.
  const tail = [0, 0, message[0], message[1], 0, RCODE.BADKEY, 0, 0];
  const rdlength = algorithmAndTime.length + tail.length;
  const fixed = [0, TYPE.TSIG, 0, CLASS_ANY, 0, 0, 0, 0, rdlength >>> 8, rdlength & 0xff];
  return Uint8Array.from([...expandName(message, at), ...fixed, ...algorithmAndTime, ...tail]);
}
