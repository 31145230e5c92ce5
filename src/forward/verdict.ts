import { HEADER, RCODE, TC } from "../wire/protocol.js";
import { type Reply, readReply, type TtlBounds } from "../wire/reply.js";
import type { Attempt, Negative } from "./attempt.js";
import type { ForwardResult } from "./report.js";

/** What replies are taken for. */

const COUNTS_AT = 6;
const MAX_PLAIN_RCODE = 15;

/**
 * Reads the reply to an attempt; nothing where it is no well-formed message. A truncated datagram is never that: what is
 * behind its question may be cut anywhere, and is ignored (RFC 2181 §9).
 */
export function readFor(attempt: Attempt, octets: Uint8Array, bounds: TtlBounds): Reply | undefined {
  const { questionEnd, owner, via } = attempt;
  const { type, options } = owner.question;
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

/** A reply that has no answer may be one of these. */
const NO_DATA: Negative = -1;
const UNREADABLE: Negative = -2;

/** Nothing where a reply has an answer. */
export function negativeOf(reply: Reply | undefined): Negative | undefined {
  if (!reply) return UNREADABLE;
  if (reply.rcode !== RCODE.NOERROR) return reply.rcode;
  return reply.answers === 0 ? NO_DATA : undefined;
}

/** What a reply that is not believed counts as. */
export function resultOf(reply: Reply | undefined): ForwardResult {
  if (!reply || !isForClients(reply)) return "bad_reply";
  if (reply.rcode === RCODE.SERVFAIL) return "servfail";
  return reply.rcode === RCODE.REFUSED ? "refused" : "answered";
}

/**
 * What it is for all clients: a no to one client's odd spelling may not be one to others, and is not kept. Mixed case was
 * tried where it is believed.
 */
export function shared(attempt: Attempt, reply: Reply): Reply {
  const { name, spelling } = attempt.owner.question;
  const isOdd = attempt.spelledAsClient && name.some((octet, i) => octet !== spelling[i]);
  return isOdd && negativeOf(reply) !== undefined ? { ...reply, lifetime: 0 } : reply;
}
