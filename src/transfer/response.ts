import { OptReply } from "../wire/edns.js";
import { writeUint16 } from "../wire/octets.js";
import { MAX_MESSAGE, MAX_UDP_QUERY } from "../wire/protocol.js";
import type { TsigSigner } from "../wire/tsig.js";
import type { Contents } from "./contents.js";
import type { ResponseHead, TransferMessage } from "./message.js";

/** Octets of the length in front of each message of a stream (RFC 1035 §4.2.2). */
const PREFIX = 2;
/** Messages are made until they have this many octets together. */
const CHUNK = 64 * 1024;

export interface ResponseOptions extends ResponseHead {
  readonly contents: Contents;
  readonly rcode: number;
  /** An extended error (RFC 8914); `NO_EDE` for none. */
  readonly ede: number;
  readonly edns: boolean;
  readonly signer: TsigSigner | undefined;
  readonly isStream: boolean;
  /** Octets of the largest message. */
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
   * The next messages of a stream, each with its length in front; the message for a datagram, if all records fit into it. Their memory is
   * the caller's, and has nothing else in it.
   */
  next(): Uint8Array {
    const { isStream } = this.#options;
    const message = this.#message;
    if (!isStream) {
      this.#write();
      return message.octets.slice(0, message.length);
    }
    // Not cleared: what is not written is not sent.
    const chunk = Buffer.allocUnsafeSlow(CHUNK + PREFIX + MAX_MESSAGE);
    let octets = 0;
    do {
      this.#write();
      octets = writeUint16(chunk, octets, message.length);
      chunk.set(message.octets.subarray(0, message.length), octets);
      octets += message.length;
    } while (!this.isComplete && octets < CHUNK);
    return new Uint8Array(chunk.buffer, 0, octets);
  }

  /** Writes one message. */
  #write(): void {
    const { contents, rcode, edns, signer, limit, clock } = this.#options;
    const message = this.#message;
    const opt = edns && this.#isFirst ? this.#opt() : undefined;
    message.begin(this.#options, this.#isFirst, limit - (signer?.size ?? 0) - (opt?.size ?? 0));
    this.isComplete = contents.fill(message);
    message.finish(rcode, opt);
    this.#isFirst = false;
    if (signer) message.length = signer.sign(message.octets, message.length, clock());
  }

  #opt(): OptReply {
    const opt = new OptReply();
    opt.ede = this.#options.ede;
    opt.payload = MAX_UDP_QUERY;
    return opt;
  }
}
