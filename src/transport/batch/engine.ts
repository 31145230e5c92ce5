import { Request } from "../../answer/request.js";
import { UDP } from "../../serving/channels.js";
import type { SendResponse } from "../../serving/service.js";
import { MAX_UDP_PAYLOAD } from "../../wire/protocol.js";
import { endpointOf } from "../endpoint.js";
import type { UdpEngine, UdpEngineOptions } from "../udp.js";
import { MSG_DONTWAIT } from "./abi.js";
import { systemClock } from "./clock.js";
import { Datagrams, type Origin, QUERY_ROOM } from "./datagrams.js";
import { LoopPoller } from "./loop-poller.js";
import { Outbox } from "./outbox.js";
import { UdpSocket } from "./socket.js";
import type { System, Watch } from "./system.js";

/** Most datagrams that one system call moves. */
const BATCH = 64;
/** Batches in one callback without a `LoopPoller`: then TCP, upstreams and timers get their turn. */
const BATCHES_A_TURN = 8;
/** Most batches that are answered when the engine stops. */
const MAX_FINAL_BATCHES = 10_000;

export interface BatchOptions extends UdpEngineOptions {
  readonly system: System;
  /** Whether a socket at "::" is for IPv6 only. */
  readonly onlyIPv6: boolean;
  /** Told of the first failure that should not happen. */
  readonly onTrouble: (message: string) => void;
}

/**
 * The UDP engine for batches: one system call receives many datagrams, one sends the answers, and all memory is allocated at the
 * start. The event loop calls it when there is something to read. It returns when the event loop has something else to do
 * (`LoopPoller`).
 */
export class BatchEngine implements UdpEngine {
  readonly #options: BatchOptions;
  #socket: UdpSocket | undefined;
  #queries: Datagrams | undefined;
  #answers: Outbox | undefined;
  /** Answers to forwarded queries. */
  #late: Outbox | undefined;
  #watch: Watch | undefined;
  #poller: LoopPoller | undefined;
  /** Whether a query of this callback was forwarded: forwarding may need the event loop. */
  #deferred = false;
  readonly #request = new Request(UDP, new Uint8Array(0));
  /** Index of the datagram that is handled. */
  #current = 0;
  #flushing = false;
  /** Drops of the socket when it was closed. */
  #dropsBefore = 0;
  #hasTrouble = false;

  constructor(options: BatchOptions) {
    this.#options = options;
    const { host, port } = options.address;
    this.#request.server = endpointOf(host, port);
  }

  async listen(): Promise<void> {
    const { system, address, inherited, onlyIPv6 } = this.#options;
    const socket = new UdpSocket(system, { address, inherited, onlyIPv6 });
    const { isWildcard } = socket;
    const addressOf = (memory: Uint8Array) => system.addressOf(memory);
    const outbox = () => new Outbox(system, socket.fd, new Datagrams(BATCH, MAX_UDP_PAYLOAD, isWildcard, addressOf));
    this.#socket = socket;
    this.#queries = new Datagrams(BATCH, QUERY_ROOM, isWildcard, addressOf);
    this.#answers = outbox();
    this.#late = outbox();
    this.#poller = LoopPoller.create(socket.fd, system, systemClock(system));
    this.#watch = system.watch(this.#poller?.fd ?? socket.fd, () => this.#onReadable());
  }

  get drops(): number {
    return this.#socket?.drops ?? this.#dropsBefore;
  }

  /** Stops receiving, and answers what is in the receive buffer already. */
  stop(): void {
    this.#socket?.seal();
    this.#finish();
    this.#watch?.close();
    this.#watch = undefined;
  }

  async close(): Promise<void> {
    // Answer datagrams that the kernel was already delivering to this socket when stop() sealed it.
    this.#finish();
    this.#flush();
    this.#watch?.close();
    this.#dropsBefore = this.drops;
    this.#poller?.close();
    this.#poller = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    const memory = [this.#queries, this.#answers?.datagrams, this.#late?.datagrams];
    if (memory.some((datagrams) => datagrams?.isIntact === false))
      this.#trouble("the kernel wrote where it should not have");
  }

  /** Answers what is in the receive buffer. For an inherited socket, leaves it to the next process. */
  #finish(): void {
    if (this.#options.inherited === undefined) this.#serve(MAX_FINAL_BATCHES);
  }

  /** Called by the event loop when there is something to read. */
  #onReadable(): void {
    const poller = this.#poller;
    if (!poller) {
      this.#serve(BATCHES_A_TURN);
      return;
    }
    this.#deferred = false;
    this.#serve(1);
    if (this.#deferred || !poller.begin()) return;
    try {
      while (!this.#deferred && poller.more()) this.#serve(1);
    } finally {
      poller.end();
    }
  }

  #serve(batches: number): void {
    if (!this.#socket) return;
    const { system } = this.#options;
    const { fd } = this.#socket;
    const queries = this.#queries as Datagrams;
    for (let i = 0; i < batches; i++) {
      const count = system.recvmmsg(fd, queries.headers, BATCH, MSG_DONTWAIT, 0);
      if (count < 0) {
        const error = system.errno();
        if (error !== "EAGAIN" && error !== "EINTR") this.#trouble(`receiving failed: ${error}`);
        return;
      }
      this.#answer(queries, count);
      if (count < BATCH) return;
    }
  }

  #answer(queries: Datagrams, count: number): void {
    const { service, clients } = this.#options;
    const answers = this.#answers as Outbox;
    const request = this.#request;
    service.begin();
    for (let i = 0; i < count; i++) {
      const port = queries.port(i);
      // Port 0 cannot receive an answer: such a source is forged.
      if (port !== 0) {
        this.#current = i;
        const client = clients.at(queries.words, queries.sender(i), queries.senderWords(i));
        request.set(queries.data[i], queries.length(i), client);
        request.port = port;
        request.out = answers.next;
        const size = service.handle(request, this.#defer);
        if (size > 0) answers.answer(size, queries, i);
      }
      queries.prepare(i);
    }
    answers.flush();
    service.end();
  }

  /** Returns the function that sends an answer later. Saves the origin, as the query's memory is used again by then. */
  readonly #defer = (): SendResponse => {
    this.#deferred = true;
    const origin = (this.#queries as Datagrams).origin(this.#current);
    return (message) => this.#sendLate(message, origin);
  };

  #sendLate(message: Uint8Array, origin: Origin): void {
    const late = this.#late;
    // An upstream's reply may arrive after close().
    if (!late || !this.#socket) return;
    late.next.set(message);
    late.answerTo(message.length, origin);
    if (this.#flushing) return;
    this.#flushing = true;
    // All answers that become ready in this turn of the event loop are sent together.
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#socket) this.#late?.flush();
  }

  #trouble(message: string): void {
    if (this.#hasTrouble) return;
    this.#hasTrouble = true;
    this.#options.onTrouble(message);
  }
}
