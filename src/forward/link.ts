/** The seam between deciding whom to ask and the sockets that do it. */

/** How a query goes to an upstream resolver. */
export type Via = "udp" | "tcp" | "tls";

/** Why a reply was not taken for one that is waited for. */
export const IGNORED = ["unexpected", "question", "malformed", "letter_case"] as const;
export type Ignored = (typeof IGNORED)[number];

/** One query on its way to one upstream resolver. What a link calls, it calls at most once in all. */
export interface UpstreamQuery {
  /** The query, in memory of its own; the link writes an id that nobody can guess into its first two octets. */
  readonly query: Uint8Array;
  /** Octet behind the query's question. */
  readonly questionEnd: number;
  /** Whether somebody still waits for the reply. */
  readonly isWanted: boolean;
  /**
   * The reply: same id, opcode and question, the latter but for letter case.
   *
   * @param reply in memory that is the receiver's
   * @param caseKept whether the question's letters came back as they were sent (draft-vixie-dnsext-dns0x20)
   * @param milliseconds from sending to receiving
   */
  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void;
  /** The network refuses: nobody listens there, no route, the connection broke. Silence is never reported. */
  failed(reason: string): void;
}

/** The sockets to one upstream resolver over one protocol. */
export interface Link {
  /** Queries sent that neither have got a reply nor failed nor expired. */
  readonly inFlight: number;
  /** Sends a query, opening what it takes. */
  send(query: UpstreamQuery): void;
  /**
   * Forgets queries sent before this moment, in milliseconds on the link's clock: their replies will be unexpected. To
   * be called now and then; also closes what has not been used for a while.
   */
  expire(before: number): void;
  /** Forgets queries whose reply nobody waits for any more. */
  forgetUnwanted(): void;
  /** Closes all sockets; queries still waiting are forgotten. */
  close(): void;
}

export interface LinkParts {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Unsigned 16-bit integers that nobody can guess. */
  readonly random16: () => number;
  /** Told of each reply that is ignored: late, forged, or broken. */
  readonly ignored: (reason: Ignored) => void;
}
