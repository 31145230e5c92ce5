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

/** Octets of memory for one chunk of messages. */
export const CHUNK = 128 * 1024;
/** Chunks of one response that may be under way: made, or asked for, and not yet taken by the client's connection. */
export const CHUNKS_AHEAD = 3;

/** Takes the response to one query. */
export interface TransferSink {
  /**
   * Takes messages: in a stream, each with its length in two octets in front. More are only made when they are asked for, and may then be
   * in the memory of those `CHUNKS_AHEAD` calls ago.
   * @param isLast whether none follow
   */
  messages(octets: Uint8Array, isLast: boolean): void;
  /** The response cannot be completed: what the client has of it is useless. */
  broken(): void;
}

/** A response that is under way. */
export interface OpenTransfer {
  /** Asks for another chunk of messages. One call comes for each that has been taken, and at the beginning for `CHUNKS_AHEAD - 1`. */
  more(): void;
  /** All messages have been written to the client. */
  done(): void;
  /** The client has closed its side: it does not wait for its turn any longer, but takes what is under way. */
  ended(): void;
  /** The client has left: nobody reads the messages that it has not taken. */
  cancel(): void;
  /** Nobody says any more what becomes of it. The messages may still be read. */
  lost(): void;
}

/** From a thread with sockets to the thread that transfers. */
export type ToTransfers =
  | ({ readonly kind: "open"; readonly id: number } & IncomingTransfer)
  | { readonly kind: "more"; readonly id: number }
  | { readonly kind: "done"; readonly id: number }
  | { readonly kind: "ended"; readonly id: number }
  | { readonly kind: "cancel"; readonly id: number };

/** The way back. */
export type FromTransfers =
  | { readonly kind: "messages"; readonly id: number; readonly octets: Uint8Array; readonly isLast: boolean }
  | { readonly kind: "broken"; readonly id: number };
