import type { Socket } from "node:net";
import { type Channel, type Client, Request } from "../answer/request.js";
import { BROKEN, type DnsService, PENDING } from "../serving/service.js";
import { HEADER, MAX_MESSAGE } from "../wire/protocol.js";
import type { TcpLimits } from "./tcp-limits.js";

/** Two octets of length stand before every message (RFC 1035 §4.2.2). */
const PREFIX = 2;

/** How much of a response of several messages is written before others have their turn. */
const TURN_OCTETS = 256 * 1024;

/** Where an answer is written, and where the answers to one chunk of queries are collected; a chunk is handled in one go. */
const scratch = new Uint8Array(MAX_MESSAGE);
const batch = Buffer.alloc(2 * (PREFIX + MAX_MESSAGE));

export interface ConnectionParts {
  readonly service: DnsService;
  readonly limits: TcpLimits;
  readonly client: Client;
  readonly channel: Channel;
}

/** One client: reassembles its messages, answers them as they come, and watches what it takes of the server. */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #service: DnsService;
  readonly #limits: TcpLimits;
  readonly #client: Client;
  readonly #request: Request;
  /** A request whose response has more messages than have been written. No other is handled meanwhile. */
  #unfinished: Request | undefined;
  #isResuming = false;
  /** A message not complete yet, its length prefix included; `undefined` between messages. */
  #partial: Buffer | undefined;
  #partialSize = 0;
  #partialTimed = false;
  #batched = 0;
  #forwards = 0;
  /** Queries read but not handled yet, because the client does not take its answers. */
  #unread: Buffer | undefined;
  /** Nothing more is read: the client shut its side down, or the server stops. */
  #ended = false;
  /** The client has sent what is no query: what it sends besides counts for nothing. */
  #hasLeft = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { service, limits, client, channel }: ConnectionParts) {
    this.#socket = socket;
    this.#service = service;
    this.#limits = limits;
    this.#client = client;
    this.#request = new Request(channel, scratch);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => this.finish());
    socket.on("drain", () => this.#resume());
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.#closed());
    this.#watch();
  }

  /** Reads nothing more, and closes when the answers still due are out. */
  finish(): void {
    this.#ended = true;
    this.#socket.pause();
    this.#endWhenAnswered();
    this.#watch();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  /** Handles what has come, as far as the client takes the answers; the rest of the chunk waits. */
  #receive(chunk: Buffer): void {
    if (this.#hasLeft) return;
    let at = 0;
    this.#service.begin();
    while (at < chunk.length && this.#socket.writable && !this.#hasLeft && !this.#isBusy()) {
      if (this.#partial) at = this.#completePartial(chunk, at);
      else if (chunk.length - at < PREFIX || chunk.length - at < PREFIX + chunk.readUInt16BE(at)) {
        at = this.#startPartial(chunk, at);
      } else {
        const size = chunk.readUInt16BE(at);
        this.#handle(chunk.subarray(at + PREFIX, at + PREFIX + size));
        at += PREFIX + size;
      }
    }
    this.#service.end();
    this.#flush();
    this.#unread = at < chunk.length && !this.#hasLeft ? chunk.subarray(at) : undefined;
    if (this.#hasLeft) this.#endWhenAnswered();
    else if (this.#isBusy()) this.#socket.pause();
    this.#watch();
  }

  /** Keeps the rest of a chunk that ends inside a message. */
  #startPartial(chunk: Buffer, at: number): number {
    const known = chunk.length - at >= PREFIX;
    this.#partial = Buffer.allocUnsafe(known ? PREFIX + chunk.readUInt16BE(at) : PREFIX);
    this.#partialSize = chunk.copy(this.#partial, 0, at);
    return chunk.length;
  }

  #completePartial(chunk: Buffer, start: number): number {
    let partial = this.#partial as Buffer;
    let at = start + chunk.copy(partial, this.#partialSize, start);
    this.#partialSize += at - start;
    if (this.#partialSize < partial.length) return at;
    if (partial.length === PREFIX) {
      const whole = Buffer.allocUnsafe(PREFIX + partial.readUInt16BE(0));
      partial.copy(whole);
      const copied = chunk.copy(whole, PREFIX, at);
      this.#partial = partial = whole;
      this.#partialSize += copied;
      at += copied;
      if (this.#partialSize < whole.length) return at;
    }
    this.#partial = undefined;
    this.#partialTimed = false;
    this.#handle(partial.subarray(PREFIX));
    return at;
  }

  #handle(message: Buffer): void {
    // Nothing shorter can be a message: the stream is out of step, or not DNS at all.
    if (message.length < HEADER) {
      this.#leave();
      return;
    }
    const request = this.#request;
    request.set(message, message.length, this.#client);
    const size = this.#service.handle(request, this.#defer);
    if (size === PENDING) this.#forwards++;
    else if (size > 0) this.#append(scratch, size);
    else this.#leave();
    if (request.following) this.#begin(request);
  }

  /** For an answer that comes later. */
  readonly #defer = () => (answer: Uint8Array) => {
    this.#forwards--;
    this.#append(answer, answer.length);
    this.#flush();
    this.#resume();
    if (this.#ended) this.#endWhenAnswered();
  };

  /** The messages behind the first one are written in turns of their own. */
  #begin(request: Request): void {
    this.#unfinished = request.copy(scratch);
    this.#resumeSoon();
  }

  #resumeSoon(): void {
    if (this.#isResuming) return;
    this.#isResuming = true;
    setImmediate(() => {
      this.#isResuming = false;
      this.#resume();
    });
  }

  /** Writes more of a response of several messages, as much as is good for one turn of the event loop. */
  #continue(): void {
    const request = this.#unfinished;
    if (!request) return;
    for (let written = 0; written < TURN_OCTETS; ) {
      if (this.#unsent > this.#limits.unsentOctets) return;
      const size = this.#service.next(request);
      if (size <= 0) {
        this.#unfinished = undefined;
        if (size === BROKEN) this.#leave();
        return;
      }
      this.#append(scratch, size);
      written += size;
    }
  }

  #closed(): void {
    clearTimeout(this.#timer);
    this.#unfinished?.following?.cancel();
    this.#unfinished = undefined;
  }

  /** What was no query: a peer that sends answers here may take ours for queries. What it asked before that is answered. */
  #leave(): void {
    this.#hasLeft = true;
    this.#ended = true;
    this.#unread = undefined;
  }

  #append(answer: Uint8Array, size: number): void {
    if (this.#batched + PREFIX + size > batch.length) this.#flush();
    batch.writeUInt16BE(size, this.#batched);
    batch.set(answer.subarray(0, size), this.#batched + PREFIX);
    this.#batched += PREFIX + size;
  }

  #flush(): void {
    if (this.#batched > 0 && this.#socket.writable) this.#socket.write(Buffer.from(batch.subarray(0, this.#batched)));
    this.#batched = 0;
  }

  /** Whether the client has to take answers before more of its queries are read. */
  #isBusy(): boolean {
    if (this.#unfinished || this.#forwards >= this.#limits.forwards) return true;
    return this.#unsent > this.#limits.unsentOctets;
  }

  /** Octets that the client has not taken yet. */
  get #unsent(): number {
    return this.#socket.writableLength + this.#batched;
  }

  #resume(): void {
    if (!this.#socket.writable) return;
    this.#continue();
    this.#flush();
    if (this.#unfinished) {
      this.#watch();
      // Otherwise the socket tells when the client has taken what it has.
      if (this.#unsent <= this.#limits.unsentOctets) this.#resumeSoon();
    }
    if (this.#isBusy()) return;
    const unread = this.#unread;
    if (unread) {
      this.#unread = undefined;
      this.#receive(unread);
    }
    if (this.#unread || this.#isBusy()) return;
    if (this.#ended) this.#endWhenAnswered();
    else if (this.#socket.isPaused()) this.#socket.resume();
    this.#watch();
  }

  #endWhenAnswered(): void {
    if (this.#forwards > 0 || this.#unread || this.#unfinished) return;
    if (this.#hasLeft) this.#socket.destroySoon();
    else this.#socket.end();
  }

  /**
   * Sets the clock for what the client does next; forwards have their own. An unfinished message has its time from its
   * first octet on: more of them, one now and then, do not give it more.
   */
  #watch(): void {
    const partial = this.#partial !== undefined;
    if (partial && this.#partialTimed) return;
    this.#partialTimed = partial;
    clearTimeout(this.#timer);
    if (this.#socket.destroyed) return;
    const stalled = partial || this.#socket.writableLength > 0 || this.#ended;
    const wait = stalled ? this.#limits.stalledMs : this.#limits.idleMs;
    this.#timer = setTimeout(() => {
      this.#partialTimed = false;
      if (this.#forwards > 0) this.#watch();
      else this.destroy();
    }, wait);
  }
}
