/** How queries for transfers come, and how responses go: what the thread that has the sockets and the one that transfers share. */

/** A query for a transfer, and how it came. */
export interface IncomingTransfer {
  readonly message: Uint8Array;
  /** Address of the client: 4 or 16 octets. */
  readonly client: Uint8Array;
  readonly isStream: boolean;
  /**
   * Whether its connection is good enough for a transfer: any over TCP; over TLS, TLS 1.3 with a client certificate where one is wanted
   * (RFC 9103 §9).
   */
  readonly isTrusted: boolean;
  /** Octets of the largest answer in a datagram. */
  readonly limit: number;
}

/** Takes the response to one query. */
export interface TransferSink {
  /**
   * Takes messages: in a stream, each with its length in two octets in front. More are only made when they are asked for.
   * @param isLast whether none follow
   */
  messages(octets: Uint8Array, isLast: boolean): void;
  /** The response cannot be completed: what the client has of it is useless. */
  broken(): void;
}

/** A response that is under way. */
export interface OpenTransfer {
  /** The last messages have been taken: asks for more, or says that the response is complete. */
  more(): void;
  /** The client has left. */
  cancel(): void;
}
