import type { Cookies } from "../wire/cookies.js";
import type { TsigKeys } from "../wire/tsig.js";
import type { Identity } from "./chaos.js";
import type { LocalNames } from "./local-names.js";

/** The configuration of answers. */
export interface AnswerPolicy {
  /** Most octets of a UDP answer, whatever the client accepts; at most `MAX_UDP_PAYLOAD`. */
  readonly maxUdpPayload: number;
  /** Whether a UDP answer that does not fit has TC set. If not, it has as many whole records as fit, and no TC. */
  readonly setTruncateBit: boolean;
  /** Whether answers have RA set, for clients that may recurse. */
  readonly recursionAvailable: boolean;
  /** Whether queries for names outside the zones are forwarded, for clients that may recurse. If not, they are refused. */
  readonly forwarding: boolean;
  /** Names outside the zones that this server answers itself. */
  readonly localNames: LocalNames;
  readonly identity: Identity;
  /** Undefined if clients get no cookies. */
  readonly cookies: Cookies | undefined;
  /** The keys of signed queries (RFC 8945). */
  readonly keys: TsigKeys;
}
