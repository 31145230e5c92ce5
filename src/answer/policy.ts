import type { Cookies } from "../wire/cookies.js";
import type { Identity } from "./chaos.js";
import type { LocalNames } from "./local-names.js";

/** What the configuration decides about answers. */
export interface AnswerPolicy {
  /** Largest UDP answer in octets, whatever a client offers; no more than `MAX_UDP_PAYLOAD`. */
  readonly maxUdpPayload: number;
  /** Whether an answer that does not fit is empty with TC set, or as many whole records as fit without TC. */
  readonly setTruncateBit: boolean;
  /** Whether answers may say that recursion is available, to those who may recurse. */
  readonly recursionAvailable: boolean;
  /** Whether names outside the zones are forwarded, for those who may recurse, or refused. */
  readonly forwarding: boolean;
  /** Names outside the zones that are answered all the same. */
  readonly localNames: LocalNames;
  readonly identity: Identity;
  /** Nothing where clients get no cookies. */
  readonly cookies: Cookies | undefined;
}
