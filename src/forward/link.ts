/** The seam between the choice of upstreams and the sockets that reach them. */

/** How a query is sent to an upstream. */
export type Via = "udp" | "tcp" | "tls";

/** Why a message from an upstream was ignored. */
export const IGNORED = ["unexpected", "question", "malformed", "letter_case"] as const;
export type Ignored = (typeof IGNORED)[number];

/** One query to one upstream. Its link calls one of `replied` and `failed`, once, or neither if the query expires. */
export interface UpstreamQuery {
  /** The message, in memory of its own. The link writes an unpredictable id into its first two octets. */
  readonly query: Uint8Array;
  /** Index of the octet behind the question. */
  readonly questionEnd: number;
  /** Whether a client still waits for the reply. */
  readonly isWanted: boolean;
  /**
   * A reply arrived: its id, opcode and question match, the question's letter case aside.
   *
   * @param reply in memory that belongs to the receiver
   * @param caseKept whether the question came back in the letter case it was sent in (draft-vixie-dnsext-dns0x20)
   * @param milliseconds from sending to receiving
   */
  replied(reply: Uint8Array, caseKept: boolean, milliseconds: number): void;
  /**
   * The network failed: nothing listens there, no route, the connection broke. A missing reply is no failure.
   *
   * @param reason in words
   */
  failed(reason: string): void;
}

/** The sockets to one upstream over one protocol. */
export interface Link {
  /** Queries that were sent and have neither been answered nor failed nor expired. */
  readonly inFlight: number;
  /** Sends a query. Opens a socket or connection if none is usable. */
  send(query: UpstreamQuery): void;
  /**
   * Forgets queries sent before this time, in milliseconds on the link's clock; their replies will be ignored as "unexpected".
   * Also closes idle sockets. Must be called regularly.
   */
  expire(before: number): void;
  /** Forgets queries that are no longer wanted. */
  forgetUnwanted(): void;
  /** Closes all sockets and forgets the queries in flight. */
  close(): void;
}

export interface LinkParts {
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Returns unpredictable unsigned 16-bit integers. */
  readonly random16: () => number;
  /** Told of each message that is ignored: late, forged or malformed. */
  readonly ignored: (reason: Ignored) => void;
}
