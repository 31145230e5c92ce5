import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { HostPort } from "../base/host-port.js";
import { literalLookup } from "../base/literal-lookup.js";
import type { Link, LinkParts, UpstreamQuery } from "./link.js";
import { PendingQueries } from "./pending-queries.js";
import { reasonOf } from "./reason.js";

/**
 * Sockets to one server. Who forges a reply has to hit the query's port as well as its id (RFC 5452 §9.2); even for
 * somebody who has found out all ports of the moment, 16 of them add four bits to the id's. More would have the event
 * loop wake up for a reply at a time.
 */
const SOCKETS = 16;

/** How long a port can be watched or searched for before there is another: queries, and milliseconds. */
const QUERIES_PER_SOCKET = 1024;
const SOCKET_LIFE_MS = 60_000;

/** A socket without a query for this long is closed. */
const IDLE_MS = 10_000;

/** Room for the replies that come while the thread does something else; the kernel grants up to net.core.rmem_max. */
const RECEIVE_BUFFER = 1024 * 1024;

export interface UdpLinkOptions extends LinkParts {
  /** An address, not a name. */
  readonly server: HostPort;
  readonly sockets?: number;
}

/** DNS over UDP (RFC 1035 §4.2.1) to one server, from a pool of sockets. */
export class UdpLink implements Link {
  readonly #options: UdpLinkOptions;
  /** Where queries leave from; each goes to a random place. */
  readonly #pool: (PooledSocket | undefined)[];
  /** All that are open, the ones that were replaced included. */
  readonly #open = new Set<PooledSocket>();
  #closed = false;

  constructor(options: UdpLinkOptions) {
    this.#options = options;
    this.#pool = Array.from({ length: options.sockets ?? SOCKETS });
  }

  get inFlight(): number {
    let sum = 0;
    for (const { waiting } of this.#open) sum += waiting.size;
    return sum;
  }

  send(sentQuery: UpstreamQuery): void {
    if (this.#closed) return;
    const { now, random16 } = this.#options;
    const at = now();
    const place = random16() % this.#pool.length;
    let socket = this.#pool[place];
    if (!socket?.isFresh(at)) {
      socket?.retire();
      socket = this.#pool[place] = new PooledSocket(this.#options, this.#open, at);
    }
    socket.send(sentQuery, at);
  }

  expire(before: number): void {
    const idleSince = this.#options.now() - IDLE_MS;
    for (const socket of this.#open) socket.expire(before, idleSince);
  }

  forgetUnwanted(): void {
    for (const { waiting } of this.#open) waiting.take(({ sentQuery }) => !sentQuery.isWanted);
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#open) socket.close();
  }
}

/**
 * One socket, bound by the kernel to a random port and connected: the kernel passes on nothing but what comes from the
 * server's address and port, and reports a closed port.
 */
class PooledSocket {
  readonly waiting: PendingQueries;
  readonly #socket: Socket;
  readonly #open: Set<PooledSocket>;
  readonly #openedAt: number;
  #usedAt: number;
  #queries = 0;
  #connected = false;
  #retired = false;
  #closed = false;

  /** @param open the sockets of the link that are open; this one belongs to them as long as it is */
  constructor(options: UdpLinkOptions, open: Set<PooledSocket>, at: number) {
    const { host, port } = options.server;
    const family = isIPv6(host) ? 6 : 4;
    this.waiting = new PendingQueries(options);
    this.#open = open.add(this);
    this.#openedAt = at;
    this.#usedAt = at;
    this.#socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: RECEIVE_BUFFER,
      lookup: literalLookup(family),
    });
    this.#socket.on("error", (error) => this.#break(error));
    this.#socket.on("message", (message) => this.#receive(message));
    this.#socket.once("connect", () => this.#flush());
    this.#socket.connect(port, host);
  }

  /** Whether queries may go out from here. */
  isFresh(at: number): boolean {
    return !this.#retired && this.#queries < QUERIES_PER_SOCKET && at - this.#openedAt < SOCKET_LIFE_MS;
  }

  send(sentQuery: UpstreamQuery, at: number): void {
    this.#queries++;
    this.#usedAt = at;
    this.waiting.add({ sentQuery, at, again: false });
    if (this.#connected) this.#socket.send(sentQuery.query, this.#sent);
  }

  /** Sends no more; closes when nothing waits. */
  retire(): void {
    this.#retired = true;
    this.#closeIfDone();
  }

  /** @param idleSince closes the socket if nothing waits and nothing was sent since */
  expire(before: number, idleSince: number): void {
    this.waiting.take(({ at }) => at < before);
    if (this.#usedAt < idleSince) this.retire();
    else this.#closeIfDone();
  }

  /** What still waits is forgotten. */
  close(): void {
    this.waiting.forget();
    this.#open.delete(this);
    this.#shut();
  }

  /**
   * One for all queries. It is needed: an error that the kernel got from the network is reported once, by whatever comes
   * next, and that may be a send; without a callback, node would drop it.
   */
  readonly #sent = (error: Error | null): void => {
    if (error) this.#break(error);
  };

  /** Sends what came before the socket was connected, which takes a moment. */
  #flush(): void {
    if (this.#closed) return;
    this.#connected = true;
    for (const query of this.waiting.queries()) this.#socket.send(query, this.#sent);
  }

  #receive(message: Buffer): void {
    this.waiting.receive(message);
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#retired && this.waiting.size === 0) this.close();
  }

  /** Fails what waits, but not at once: opening can fail inside of `send`, whose caller does not expect to be called. */
  #break(error: Error): void {
    if (this.#closed) return;
    this.#shut();
    process.nextTick(() => {
      this.waiting.fail(reasonOf(error));
      this.#open.delete(this);
    });
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retired = true;
    this.#connected = false;
    this.#socket.close();
  }
}
