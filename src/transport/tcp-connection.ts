import type { Socket } from "node:net";
import { type Channel, type Client, type FollowingMessages, Request } from "../answer/request.js";
import { type DnsService, PENDING } from "../serving/service.js";
import { HEADER, MAX_MESSAGE } from "../wire/protocol.js";
import { endpointOf } from "./endpoint.js";
import type { TcpLimits } from "./tcp-limits.js";
import { UnfinishedResponses } from "./unfinished.js";

/** Octets of the length field in front of every message (RFC 1035 §4.2.2). */
const PREFIX = 2;

/** After so many bytes of responses of several messages, others have their turn of the event loop. */
const BYTES_A_TURN = 64 * 1024;

/**
 * Memory for one answer, and for the answers to one chunk of queries. All connections share it: a chunk is handled synchronously.
 */
const scratch = new Uint8Array(MAX_MESSAGE);
const batch = Buffer.alloc(2 * (PREFIX + MAX_MESSAGE));

export interface ConnectionParts {
  readonly service: DnsService;
  readonly limits: TcpLimits;
  readonly client: Client;
  readonly channel: Channel;
}

/** One connection: reassembles the client's messages, answers them, and enforces the limits. */
export class TcpConnection {
  readonly #socket: Socket;
  readonly #service: DnsService;
  readonly #limits: TcpLimits;
  readonly #client: Client;
  readonly #request: Request;
  /** No other request is handled meanwhile. */
  readonly #unfinished: UnfinishedResponses;
  #isResuming = false;
  /** An incomplete message with its length prefix; undefined between messages. */
  #partial: Buffer | undefined;
  #partialSize = 0;
  #partialTimed = false;
  #batched = 0;
  #forwards = 0;
  /** What to call if the client closes its side, or leaves, before answers are sent that others are making. */
  readonly #awaited = new Set<(isGone: boolean) => void>();
  /** Queries that were received but not handled, because the client does not read its answers. */
  #unread: Buffer | undefined;
  /** Nothing more is read: the client closed its side, or the server stops. */
  #ended = false;
  /** The client sent something other than a query: whatever else it sends is ignored. */
  #isAbandoned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { service, limits, client, channel }: ConnectionParts) {
    this.#socket = socket;
    this.#service = service;
    this.#limits = limits;
    this.#client = client;
    this.#request = new Request(channel, scratch);
    this.#request.port = socket.remotePort ?? 0;
    this.#request.server = endpointOf(socket.localAddress ?? "", socket.localPort ?? 0);
    this.#unfinished = new UnfinishedResponses({
      service,
      isFull: () => this.#unsentBytes > limits.unsentTransferBytes,
      write: (octets, done) => this.#write(octets, done),
      resume: () => this.#resume(),
    });
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => {
      for (const onEnd of this.#awaited) onEnd(false);
      this.finish();
    });
    socket.on("drain", () => this.#resume());
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.#closed());
    this.#startTimer();
  }

  /** Reads nothing more, and closes after the outstanding answers are sent. */
  finish(): void {
    this.#ended = true;
    this.#socket.pause();
    this.#endWhenAnswered();
    this.#startTimer();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  /** Handles the queries of a chunk as long as the client reads its answers. The rest of the chunk waits. */
  #receive(chunk: Buffer): void {
    if (this.#isAbandoned) return;
    let at = 0;
    this.#service.begin();
    while (at < chunk.length && this.#socket.writable && !this.#isAbandoned && !this.#isBusy()) {
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
    this.#unread = at < chunk.length && !this.#isAbandoned ? chunk.subarray(at) : undefined;
    if (this.#isAbandoned) this.#endWhenAnswered();
    else if (this.#isBusy()) this.#socket.pause();
    this.#startTimer();
  }

  /** Copies the end of a chunk that ends inside a message. Returns the index behind what was copied. */
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
    // A message has at least a header: the stream is out of step, or is not DNS.
    if (message.length < HEADER) {
      this.#abandon();
      return;
    }
    const request = this.#request;
    request.set(message, message.length, this.#client);
    const size = this.#service.handle(request, this.#defer);
    if (size === PENDING) this.#forwards++;
    else if (size > 0) this.#append(scratch, size);
    else this.#abandon();
    if (request.following) this.#begin(request.copy(scratch));
  }

  /** Returns the function that sends an answer later. */
  readonly #defer = (onEnd?: (isGone: boolean) => void) => {
    const { channel } = this.#request;
    if (onEnd) this.#awaited.add(onEnd);
    return (answer: Uint8Array, following?: FollowingMessages) => {
      if (onEnd) this.#awaited.delete(onEnd);
      this.#forwards--;
      if (this.#socket.destroyed) {
        following?.cancel();
        return;
      }
      if (answer.length === 0) this.#abandon();
      else this.#append(answer, answer.length);
      if (following) {
        const request = new Request(channel, scratch);
        request.following = following;
        this.#begin(request);
      }
      this.#flush();
      this.#resume();
      if (this.#ended) this.#endWhenAnswered();
    };
  };

  /** Keeps a request of which more messages follow. They are written in later turns of the event loop. */
  #begin(request: Request): void {
    this.#unfinished.add(request);
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

  #closed(): void {
    clearTimeout(this.#timer);
    for (const onEnd of this.#awaited) onEnd(true);
    this.#awaited.clear();
    this.#unfinished.cancel();
  }

  /**
   * The client sent something other than a query. Answering could make two servers answer each other for ever. Its earlier
   * queries are still answered.
   */
  #abandon(): void {
    this.#isAbandoned = true;
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

  /** Writes octets without copying them. Their memory stays as it is until `done` is called: also without octets, and behind earlier ones. */
  #write({ buffer, byteOffset, length }: Uint8Array, done: (isTaken: boolean) => void): void {
    this.#flush();
    this.#socket.write(Buffer.from(buffer, byteOffset, length), () => {
      done(!this.#socket.destroyed);
      this.#startTimer();
    });
  }

  /** Whether to read no more queries until answers are sent. */
  #isBusy(): boolean {
    if (!this.#unfinished.isEmpty || this.#forwards >= this.#limits.forwards) return true;
    return this.#unsentBytes > this.#limits.unsentBytes;
  }

  /** Bytes of answers that the client has not read yet. */
  get #unsentBytes(): number {
    return this.#socket.writableLength + this.#batched;
  }

  #resume(): void {
    if (!this.#socket.writable) return;
    if (!this.#unfinished.write(BYTES_A_TURN)) this.#abandon();
    this.#flush();
    if (!this.#unfinished.isEmpty) {
      this.#startTimer();
      // Above the limit, the socket's "drain" event resumes.
      if (!this.#unfinished.isWaiting && this.#unsentBytes <= this.#limits.unsentTransferBytes) this.#resumeSoon();
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
    this.#startTimer();
  }

  #endWhenAnswered(): void {
    if (this.#forwards > 0 || this.#unread || !this.#unfinished.isEmpty) return;
    if (this.#isAbandoned) this.#socket.destroySoon();
    else this.#socket.end();
  }

  /**
   * Starts the timer for the client's next action. While queries are forwarded it only restarts. The time for an incomplete
   * message counts from its first octet: a client cannot extend it by sending octets one by one.
   */
  #startTimer(): void {
    const partial = this.#partial !== undefined;
    if (partial && this.#partialTimed) return;
    this.#partialTimed = partial;
    clearTimeout(this.#timer);
    if (this.#socket.destroyed) return;
    const stalled = partial || this.#socket.writableLength > 0 || this.#ended;
    const { idleMs, stalledMs, transferStalledMs } = this.#limits;
    const wait = this.#unfinished.areUnderWay ? transferStalledMs : stalled ? stalledMs : idleMs;
    this.#timer = setTimeout(() => {
      this.#partialTimed = false;
      if (this.#forwards > 0 || this.#unfinished.isWaiting) this.#startTimer();
      else this.destroy();
    }, wait);
  }
}
