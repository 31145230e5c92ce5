import { TYPE } from "./protocol.js";

/** Owner (root), type, class, TTL, RDLENGTH of an OPT record (RFC 6891 §6.1.2). */
export const OPT_FIXED = 11;
/** Option code, option length, and the info code of an extended error without text (RFC 8914 §2). */
export const EDE_SIZE = 6;

const EDE_OPTION = 15;
const OPTION_HEADER = 4;

/** What a query's OPT record says. */
export class OptRecord {
  present = false;
  version = 0;
  payload = 0;
  dnssecOk = false;

  reset(): void {
    this.present = false;
    this.version = 0;
    this.payload = 0;
    this.dnssecOk = false;
  }

  /**
   * Reads an OPT record whose fixed part (from its type on) starts at `at`; false where an option overruns the RDATA.
   * The caller has checked that the record is inside the message.
   */
  read(message: Uint8Array, at: number, rdataAt: number, rdataEnd: number): boolean {
    this.present = true;
    this.payload = (message[at + 2] << 8) | message[at + 3];
    this.version = message[at + 5];
    this.dnssecOk = (message[at + 6] & 0x80) !== 0;
    let option = rdataAt;
    while (option < rdataEnd) {
      if (option + OPTION_HEADER > rdataEnd) return false;
      option += OPTION_HEADER + ((message[option + 2] << 8) | message[option + 3]);
    }
    return option === rdataEnd;
  }
}

/**
 * Writes the OPT record of an answer and returns the octet behind it.
 *
 * @param rcode the whole extended rcode; its upper eight bits go here (RFC 6891 §6.1.3)
 * @param ede info code of an extended error, or -1
 */
export function writeOpt(
  out: Uint8Array,
  start: number,
  payload: number,
  rcode: number,
  dnssecOk: boolean,
  ede: number,
): number {
  let at = start;
  out[at++] = 0;
  out[at++] = 0;
  out[at++] = TYPE.OPT;
  out[at++] = payload >>> 8;
  out[at++] = payload & 0xff;
  out[at++] = rcode >>> 4;
  out[at++] = 0;
  out[at++] = dnssecOk ? 0x80 : 0;
  out[at++] = 0;
  out[at++] = 0;
  if (ede < 0) {
    out[at++] = 0;
    return at;
  }
  out[at++] = EDE_SIZE;
  out[at++] = 0;
  out[at++] = EDE_OPTION;
  out[at++] = 0;
  out[at++] = 2;
  out[at++] = ede >>> 8;
  out[at++] = ede & 0xff;
  return at;
}
