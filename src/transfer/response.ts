import { OptReply } from "../wire/edns.js";
import { writeUint16 } from "../wire/octets.js";
import { MAX_UDP_QUERY } from "../wire/protocol.js";
import type { TsigSigner } from "../wire/tsig.js";
import { type Contents, type ResponseHead, SLACK, type TransferMessage } from "./message.js";

/** Octets of the length in front of each message of a stream (RFC 1035 §4.2.2). */
const PREFIX = 2;
/** Octets of the largest message of a stream: it is full before, and the last record is never that large. */
const LARGEST = 32 * 1024;
/** Octets of memory that one message needs. */
export const MESSAGE_MEMORY = PREFIX + LARGEST + SLACK;

export interface ResponseOptions extends ResponseHead {
  readonly contents: Contents;
  readonly rcode: number;
  /** An extended error (RFC 8914); `NO_EDE` for none. */
  readonly ede: number;
  readonly edns: boolean;
  readonly signer: TsigSigner | undefined;
  readonly isStream: boolean;
  /** Octets of the largest datagram. */
  readonly limit: number;
  /** Seconds since the epoch. */
  readonly clock: () => number;
}

/** The response to one query: one message, or as many as its records need. */
export class TransferResponse {
  readonly #options: ResponseOptions;
  readonly #message: TransferMessage;
  #isFirst = true;
  /** Whether the last message has been made. */
  isComplete = false;

  /** @param message in which one message after the other is written; others may use it between two calls */
  constructor(message: TransferMessage, options: ResponseOptions) {
    this.#message = message;
    this.#options = options;
  }

  /**
   * Writes the next messages of a stream, each with its length in front, as many as there is room for; or the message for a datagram, if all
   * records fit into it.
   *
   * @param memory for `MESSAGE_MEMORY` octets at least
   * @returns the number of octets
   */
  next(memory: Uint8Array): number {
    const { isStream, limit } = this.#options;
    if (!isStream) return this.#write(memory, limit);
    let octets = 0;
    do {
      const length = this.#write(memory.subarray(octets + PREFIX), LARGEST);
      octets = writeUint16(memory, octets, length) + length;
    } while (!this.isComplete && octets + MESSAGE_MEMORY <= memory.length);
    return octets;
  }

  /** Writes one message of at most `limit` octets. Returns their number. */
  #write(memory: Uint8Array, limit: number): number {
    const { contents, rcode, edns, signer, clock } = this.#options;
    const message = this.#message;
    const opt = edns && this.#isFirst ? this.#opt() : undefined;
    message.begin(this.#options, this.#isFirst, memory, limit - (signer?.size ?? 0) - (opt?.size ?? 0));
    this.isComplete = contents.fill(message);
    message.finish(rcode, opt);
    this.#isFirst = false;
    return signer ? signer.sign(memory, message.length, clock()) : message.length;
  }

  #opt(): OptReply {
    const opt = new OptReply();
    opt.ede = this.#options.ede;
    opt.payload = MAX_UDP_QUERY;
    return opt;
  }
}
