import { Request } from "../../answer/request.js";
import { UDP } from "../../serving/channels.js";
import type { SendResponse } from "../../serving/service.js";
import { MAX_UDP_PAYLOAD } from "../../wire/protocol.js";
import type { UdpEngine, UdpEngineOptions } from "../udp.js";
import { MSG_DONTWAIT } from "./abi.js";
import { systemClock } from "./clock.js";
import { Datagrams, type Origin, QUERY_ROOM } from "./datagrams.js";
import { LoopPoller } from "./loop-poller.js";
import { Outbox } from "./outbox.js";
import { UdpSocket } from "./socket.js";
import type { System, Watch } from "./system.js";

/** Datagrams that one system call moves at most. */
const BATCH = 64;
/** Batches before others on this thread get their turn, where it cannot be seen whether they wait: TCP, upstream resolvers, timers. */
const BATCHES_A_TURN = 8;
/** Rounds in which what is in the receive buffer at the end is answered. */
const LAST_BATCHES = 10_000;

export interface BatchOptions extends UdpEngineOptions {
  readonly system: System;
  /** Leave IPv4 to another socket, where the address is "::". */
  readonly onlyIPv6: boolean;
  /** Told once of a failure that makes no sense. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Datagrams by the batch: one system call receives them, one sends the answers, and everything lies in memory that was made at the
 * start. The event loop says when there is something to read, and is not returned to as long as there is nothing else to do.
 */
export class BatchEngine implements UdpEngine {
  readonly #options: BatchOptions;
  #socket: UdpSocket | undefined;
  #queries: Datagrams | undefined;
  #answers: Outbox | undefined;
  /** Answers that were not ready at once. */
  #late: Outbox | undefined;
  #watch: Watch | undefined;
  #poller: LoopPoller | undefined;
  /** Whether a query of this callback waits for a resolver: what asks one may need the event loop. */
  #deferred = false;
  readonly #request = new Request(UDP, new Uint8Array(0));
  #current = 0;
  #flushing = false;
  #dropsBefore = 0;
  #told = false;

  constructor(options: BatchOptions) {
    this.#options = options;
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
    this.#poller = LoopPoller.at(socket.fd, system, systemClock(system));
    this.#watch = system.watch(this.#poller?.fd ?? socket.fd, () => this.#attend());
  }

  get drops(): number {
    return this.#socket?.drops ?? this.#dropsBefore;
  }

  /** Answers what is here already, and lets nothing more in. */
  stop(): void {
    this.#socket?.seal();
    this.#finish();
    this.#watch?.close();
    this.#watch = undefined;
  }

  async close(): Promise<void> {
    // What was already on its way to this socket when it let nothing more in.
    this.#finish();
    this.#flush();
    this.#watch?.close();
    this.#dropsBefore = this.drops;
    this.#poller?.close();
    this.#poller = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    const memory = [this.#queries, this.#answers?.datagrams, this.#late?.datagrams];
    if (memory.some((datagrams) => datagrams?.intact === false))
      this.#trouble("the kernel wrote where it should not have");
  }

  /** Answers what is in the receive buffer; that of a socket that stays open is for its next reader. */
  #finish(): void {
    if (this.#options.inherited === undefined) this.#serve(LAST_BATCHES);
  }

  /** What the event loop calls when there is something to read. */
  #attend(): void {
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
      // Nobody listens on port 0: such a source is forged.
      if (queries.port(i) !== 0) {
        this.#current = i;
        const client = clients.at(queries.words, queries.sender(i), queries.senderWords(i));
        request.set(queries.data[i], queries.length(i), client);
        request.out = answers.next;
        const size = service.handle(request, this.#defer);
        if (size > 0) answers.answer(size, queries, i);
      }
      queries.prepare(i);
    }
    answers.flush();
    service.end();
  }

  /** For an answer that comes later: its query's memory is used again by then. */
  readonly #defer = (): SendResponse => {
    this.#deferred = true;
    const origin = (this.#queries as Datagrams).origin(this.#current);
    return (message) => this.#sendLate(message, origin);
  };

  #sendLate(message: Uint8Array, origin: Origin): void {
    const late = this.#late;
    // An answer from upstream may come after the end.
    if (!late || !this.#socket) return;
    late.next.set(message);
    late.answerTo(message.length, origin);
    if (this.#flushing) return;
    this.#flushing = true;
    // What arrives from upstream in this turn of the event loop leaves in one call.
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#socket) this.#late?.flush();
  }

  #trouble(message: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.onTrouble(message);
  }
}
