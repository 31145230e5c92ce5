import packet, { type Answer } from "dns-packet";
import { encodeQuery } from "../../support/dns.js";

/** Writes replies octet by octet: with compression, and malformed as no library would write them. */

export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const;

const QR = 0x80;
const TC = 0x02;
const HEADER = 12;
const ROOT_AND_FIXED = 11;

/** An OPT record without options. */
export const OPT = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);

/** A record. @param owner in wire form, or a compression pointer */
export function record(owner: Buffer, type: number, ttl: number, rdata: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([owner, fixed, rdata]);
}

/** A reply with these records, in wire form. */
export function message(
  name: string,
  answers: readonly Buffer[] = [],
  authorities: readonly Buffer[] = [],
  additionals: readonly Buffer[] = [],
  rcode = 0,
): Buffer {
  const octets = Buffer.concat([encodeQuery(name), ...answers, ...authorities, ...additionals]);
  octets[2] |= QR;
  octets[3] |= rcode;
  octets.writeUInt16BE(answers.length, 6);
  octets.writeUInt16BE(authorities.length, 8);
  octets.writeUInt16BE(additionals.length, 10);
  return octets;
}

/** The same reply with TC set. */
export function truncated(reply: Buffer): Buffer {
  const octets = Buffer.from(reply);
  octets[2] |= TC;
  return octets;
}

export function ttlOf(answer: Answer): number {
  return (answer as { ttl: number }).ttl;
}

/** RDATA as dns-packet writes it. */
export function rdataOf(answer: Answer): Buffer {
  const octets = packet.encode({ type: "response", answers: [{ ...answer, name: "." } as Answer] });
  return octets.subarray(HEADER + ROOT_AND_FIXED);
}
