import type { Following, FollowingMessages, Request } from "../answer/request.js";
import { CHUNKS_AHEAD, type FromTransfers, type ToTransfers } from "../transfer/transport.js";

/** A port to the thread that transfers zones. */
export interface TransferPort {
  postMessage(message: ToTransfers): void;
  on(event: "message", listener: (message: FromTransfers) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  close(): void;
}

/** Sends the first message of a response, and has the later ones. */
type Send = (message: Uint8Array, following?: FollowingMessages) => void;

/** Octets of the length in front of each message of a stream. */
const PREFIX = 2;
/** Responses that are awaited, from which on no further query in a datagram is passed on. */
const MAX_AWAITED = 10_000;

/** Passes queries for zone transfers to the thread that transfers, and its responses to the connections that they belong to. */
export class TransferClient {
  #port: TransferPort | undefined;
  readonly #responses = new Map<number, ArrivingResponse>();
  #lastId = 0;

  /**
   * Uses this port from now on; `undefined` if zones are not transferred any more. Responses that are under way break off.
   *
   * @param onLost called if the thread at the other end has ended by itself
   */
  connect(port: TransferPort | undefined, onLost: () => void = () => undefined): void {
    this.#port?.close();
    for (const response of this.#responses.values()) response.break();
    this.#responses.clear();
    this.#port = port;
    port?.on("message", (message) => this.#receive(message));
    port?.on("close", () => {
      if (this.#port === port) onLost();
    });
  }

  /** Whether zones are transferred. */
  get isConnected(): boolean {
    return this.#port !== undefined;
  }

  /** Whether so many responses are awaited that queries in datagrams, whose source may be forged, are better dropped. */
  get isBusy(): boolean {
    return this.#responses.size >= MAX_AWAITED;
  }

  /**
   * @param request whose memory may be reused after the call
   * @param limit octets of the largest answer in a datagram
   * @param send called once with the first message; with an empty one if the response breaks off before
   * @returns a function that says that the client has closed its side before the first message, or is gone
   */
  ask({ message, length, client, channel }: Request, limit: number, send: Send): (isGone: boolean) => void {
    const id = ++this.#lastId;
    const post = (news: ToTransfers) => this.#port?.postMessage(news);
    const over = () => this.#responses.delete(id);
    const response = new ArrivingResponse({ id, isStream: channel.stream, send, post, over });
    this.#responses.set(id, response);
    post({
      kind: "open",
      id,
      message: new Uint8Array(message.subarray(0, length)),
      client: client.octets.slice(),
      isStream: channel.stream,
      isTrusted: channel.transfers,
      limit,
    });
    return (isGone) => {
      if (isGone) response.cancel();
      else post({ kind: "ended", id });
    };
  }

  #receive(message: FromTransfers): void {
    const response = this.#responses.get(message.id);
    if (message.kind === "broken") response?.break();
    else response?.add(message.octets, message.isLast);
  }
}

interface ArrivingParts {
  readonly id: number;
  readonly isStream: boolean;
  readonly send: Send;
  readonly post: (message: ToTransfers) => void;
  /** Called when nothing more is to come. */
  readonly over: () => void;
}

const NOTHING = new Uint8Array(0);

/** A response whose messages arrive in chunks. */
class ArrivingResponse implements FollowingMessages {
  readonly #parts: ArrivingParts;
  readonly #chunks: Uint8Array[] = [];
  /** Chunks that have been asked for and are not here. The first one comes by itself. */
  #asked = 1;
  /** Chunks that the connection has, and whose memory it reads. */
  #written = 0;
  #hasSent = false;
  #hasLast = false;
  #isBroken = false;
  #resume: () => void = () => {};

  constructor(parts: ArrivingParts) {
    this.#parts = parts;
  }

  add(octets: Uint8Array, isLast: boolean): void {
    const { isStream, send } = this.#parts;
    this.#hasLast = isLast;
    if (!isStream) {
      this.#parts.over();
      send(octets);
      return;
    }
    this.#asked--;
    if (this.#hasSent) {
      this.#chunks.push(octets);
      this.#resumeOnce();
      return;
    }
    this.#hasSent = true;
    const end = PREFIX + ((octets[0] << 8) | octets[1]);
    if (end < octets.length) this.#chunks.push(octets.subarray(end));
    this.#askAhead();
    send(octets.slice(PREFIX, end), this);
  }

  /** The response cannot be completed. Without a first message, the client gets nothing at all. */
  break(): void {
    this.#isBroken = true;
    this.#parts.over();
    if (this.#hasSent) this.#resumeOnce();
    else this.#parts.send(NOTHING);
  }

  next(): Following {
    if (this.#isBroken) return "broken";
    const chunk = this.#chunks.shift();
    if (!chunk) return this.#hasLast ? "end" : "waiting";
    this.#written++;
    return chunk;
  }

  taken(): void {
    this.#written--;
    this.#askAhead();
  }

  onReady(resume: () => void): void {
    this.#resume = resume;
  }

  sent(): void {
    this.#parts.over();
    this.#parts.post({ kind: "done", id: this.#parts.id });
  }

  cancel(): void {
    this.#parts.over();
    this.#parts.post({ kind: "cancel", id: this.#parts.id });
  }

  /** Asks for as many chunks as there is memory for: each is made in that of the one that was taken first. */
  #askAhead(): void {
    const { id, post } = this.#parts;
    const here = this.#chunks.length + this.#written;
    for (; !this.#hasLast && here + this.#asked < CHUNKS_AHEAD; this.#asked++) post({ kind: "more", id });
  }

  #resumeOnce(): void {
    const resume = this.#resume;
    this.#resume = () => {};
    resume();
  }
}
