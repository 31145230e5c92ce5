import { EDE, RCODE, TYPE } from "../wire/protocol.js";
import { isNewer } from "../zone/serial.js";
import { condense, type Difference, type Step } from "./journal.js";
import type { TransferQuestion } from "./request.js";

/** Why a client that asked for a difference gets the whole zone. */
export const FALLBACKS = ["journal", "client", "mname", "size"] as const;
export type Fallback = (typeof FALLBACKS)[number];

/** What is known of the zone that is asked for, at the moment of the query. */
export interface ZoneFacts {
  readonly serial: number;
  readonly mname: string;
  /** Whether its records come from a master's state or a saved zone. */
  readonly isReady: boolean;
  readonly records: number;
  /** The steps from this serial on; `undefined` if the journal does not have them. */
  since(serial: number): readonly Step[] | undefined;
}

/** What is known of the client. */
export interface ClientFacts {
  readonly isAllowed: boolean;
  readonly isStream: boolean;
  /** Whether this server has given it the version of the zone with this serial. */
  hasVersion(serial: number): boolean;
}

export type Decision =
  | { readonly kind: "error"; readonly rcode: number; readonly ede: number | undefined }
  /** There is nothing newer, or it does not fit into a datagram: the zone's SOA alone (RFC 1995 §2). */
  | { readonly kind: "soa" }
  /** @param from SOA record of the version that the client has */
  | { readonly kind: "ixfr"; readonly from: Uint8Array; readonly difference: Difference }
  | { readonly kind: "axfr"; readonly fallback: Fallback | undefined };

/** A difference of more than this share of the zone's records is not worth it. */
const MAX_SHARE = 1 / 2;
/** In a small zone the share says little. */
const ALWAYS_RECORDS = 100;

/**
 * Decides how to answer a query for a transfer (RFC 5936 §2.2.1, RFC 1995 §2, §4). A difference is only given if it is certain what the
 * client has: another primary of the same zone may have used the serial for other contents.
 *
 * @param zone `undefined` if the name is not the apex of one of this server's zones
 */
export function decide(question: TransferQuestion, zone: ZoneFacts | undefined, client: ClientFacts): Decision {
  if (!zone) return error(RCODE.NOTAUTH);
  // AXFR is not defined over UDP (RFC 5936 §4.2).
  if (question.type === TYPE.AXFR && !client.isStream) return error(RCODE.FORMERR);
  if (!client.isAllowed) return error(RCODE.REFUSED, EDE.PROHIBITED);
  if (!zone.isReady) return error(RCODE.SERVFAIL, EDE.NOT_READY);
  const { version } = question;
  if (!version) return { kind: "axfr", fallback: undefined };
  if (!isNewer(zone.serial, version.serial)) return { kind: "soa" };
  const steps = zone.since(version.serial);
  if (!steps) return { kind: "axfr", fallback: "journal" };
  if (version.mname !== "" && version.mname !== zone.mname) return { kind: "axfr", fallback: "mname" };
  if (!client.hasVersion(version.serial)) return { kind: "axfr", fallback: "client" };
  const difference = condense(steps);
  const { deleted, added } = difference.counts;
  const isLarge = deleted + added > Math.max(ALWAYS_RECORDS, zone.records * MAX_SHARE);
  if (isLarge) return { kind: "axfr", fallback: "size" };
  return { kind: "ixfr", from: steps[0].soa, difference };
}

function error(rcode: number, ede?: number): Decision {
  return { kind: "error", rcode, ede };
}
