import { HEADER, RCODE, TC } from "../wire/protocol.js";
import { type Reply, readReply, type TtlBounds } from "../wire/reply.js";
import type { Attempt, Negative } from "./attempt.js";
import type { ForwardResult } from "./report.js";

/** How replies of upstreams are read and classified. */

const COUNTS_AT = 6;
const MAX_HEADER_RCODE = 15;

/**
 * Reads the reply to an attempt; undefined if it is malformed. A truncated datagram may be cut anywhere behind its question: if
 * it cannot be read, everything behind the question is ignored (RFC 2181 §9).
 */
export function readReplyTo(attempt: Attempt, octets: Uint8Array, bounds: TtlBounds): Reply | undefined {
  const { questionEnd, owner, via } = attempt;
  const { type, options } = owner.question;
  const reply = readReply(octets, questionEnd, type, bounds, options);
  if (reply || via !== "udp" || (octets[2] & TC) === 0) return reply;
  const bare = new Uint8Array(questionEnd);
  bare.set(octets.subarray(0, Math.min(octets.length, questionEnd)));
  bare.fill(0, COUNTS_AT, HEADER);
  return readReply(bare, questionEnd, type, bounds);
}

/** Whether the client may see the rcode. An extended rcode concerns EDNS between this server and the upstream. */
export function isForClients({ rcode }: Reply): boolean {
  return rcode <= MAX_HEADER_RCODE;
}

/** Whether an upstream rejects EDNS: without support, it replies one of these rcodes and without EDNS (RFC 6891 §7). */
export function rejectsEdns(attempt: Attempt, { rcode, edns }: Reply): boolean {
  return attempt.edns && isEdnsError(rcode) && (!edns || rcode === RCODE.BADVERS);
}

export function isEdnsError(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS;
}

/** Negative replies that no rcode stands for. */
const NO_DATA: Negative = -1;
const UNREADABLE: Negative = -2;

/** Why a reply has no answer; undefined if it has one. */
export function negativeOf(reply: Reply | undefined): Negative | undefined {
  if (!reply) return UNREADABLE;
  if (reply.rcode !== RCODE.NOERROR) return reply.rcode;
  return reply.answers === 0 ? NO_DATA : undefined;
}

/** The result as which to count a reply that is not believed. */
export function resultOf(reply: Reply | undefined): ForwardResult {
  if (!reply || !isForClients(reply)) return "bad_reply";
  if (reply.rcode === RCODE.SERVFAIL) return "servfail";
  return reply.rcode === RCODE.REFUSED ? "refused" : "answered";
}

/**
 * A reply as it may be cached for all clients. A negative reply to one client's unusual letter case may not hold for others and
 * is not cached, its lifetime being 0. A negative reply to mixed case that is believed was checked with both spellings.
 */
export function forAllClients(attempt: Attempt, reply: Reply): Reply {
  const { name, spelling } = attempt.owner.question;
  const isOdd = attempt.spelledAsClient && name.some((octet, i) => octet !== spelling[i]);
  return isOdd && negativeOf(reply) !== undefined ? { ...reply, lifetime: 0 } : reply;
}
