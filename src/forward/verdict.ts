import { HEADER, RCODE } from "../dns/protocol.js";
import { type Reply, readReply, type TtlBounds } from "../dns/reply.js";
import type { Attempt } from "./attempt.js";

/** What replies are taken for. */

const TC = 0x02;
const COUNTS_AT = 6;
const MAX_PLAIN_RCODE = 15;

/**
 * Reads the reply to an attempt; nothing where it is no well-formed message. A truncated datagram is never that: what is
 * behind its question may be cut anywhere, and is ignored (RFC 2181 §9).
 */
export function readFor(attempt: Attempt, octets: Uint8Array, bounds: TtlBounds): Reply | undefined {
  const { questionEnd, resolution, via } = attempt;
  const { type, options } = resolution.question;
  const reply = readReply(octets, questionEnd, type, bounds, options);
  if (reply || via !== "udp" || (octets[2] & TC) === 0) return reply;
  const bare = new Uint8Array(questionEnd);
  bare.set(octets.subarray(0, Math.min(octets.length, questionEnd)));
  bare.fill(0, COUNTS_AT, HEADER);
  return readReply(bare, questionEnd, type, bounds);
}

/** An extended rcode is about EDNS between this server and the upstream: nothing for the client. */
export function isForClients({ rcode }: Reply): boolean {
  return rcode <= MAX_PLAIN_RCODE;
}

/** Servers from before EDNS answer it with one of these, and without EDNS themselves (RFC 6891 §7). */
export function isPuzzledByEdns(attempt: Attempt, { rcode, edns }: Reply): boolean {
  return attempt.edns && isPuzzle(rcode) && (!edns || rcode === RCODE.BADVERS);
}

export function isPuzzle(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS;
}
