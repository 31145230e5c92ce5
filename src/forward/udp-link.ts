import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { HostPort } from "../base/host-port.js";
import { literalLookup } from "../base/literal-lookup.js";
import type { Link, LinkParts, UpstreamQuery } from "./link.js";
import { PendingQueries } from "./pending-queries.js";
import { reasonOf } from "./reason.js";

/**
 * Sockets to one upstream. A forged reply has to match the query's port as well as its id (RFC 5452 §9.2). Even against somebody
 * who knows all ports in use, 16 of them add four bits to the id. With more sockets, the event loop would wake up for each reply.
 */
const SOCKETS = 16;

/** Queries, and milliseconds, after which a socket is replaced, so that an attacker has little time to find its port. */
const QUERIES_PER_SOCKET = 1024;
const SOCKET_LIFE_MS = 60_000;

/** A socket unused for this long is closed. */
const IDLE_MS = 10_000;

/** Receive buffer, in bytes, for replies that arrive while the thread is busy. The kernel grants up to net.core.rmem_max. */
const RECEIVE_BUFFER = 1024 * 1024;

export interface UdpLinkOptions extends LinkParts {
  /** An address, not a name. */
  readonly server: HostPort;
  readonly sockets?: number;
}

/** DNS over UDP (RFC 1035 §4.2.1) to one upstream, from a pool of sockets. */
export class UdpLink implements Link {
  readonly #options: UdpLinkOptions;
  /** The sockets for new queries. Each query takes a random one. */
  readonly #pool: (PooledSocket | undefined)[];
  /** All open sockets, also those that have been replaced and still wait for replies. */
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
 * One socket, bound by the kernel to a random port and connected: the kernel accepts datagrams from the upstream's address and
 * port only, and reports a closed port.
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

  /** @param open the link's open sockets; this one adds itself, and removes itself when it closes */
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

  /** Whether new queries may be sent from this socket. */
  isFresh(at: number): boolean {
    return !this.#retired && this.#queries < QUERIES_PER_SOCKET && at - this.#openedAt < SOCKET_LIFE_MS;
  }

  send(sentQuery: UpstreamQuery, at: number): void {
    this.#queries++;
    this.#usedAt = at;
    this.waiting.add({ sentQuery, at, isRepeat: false });
    if (this.#connected) this.#socket.send(sentQuery.query, this.#sent);
  }

  /** Takes no more queries, and closes when none is in flight. */
  retire(): void {
    this.#retired = true;
    this.#closeIfDone();
  }

  /** Forgets queries sent before this time. @param idleSince retires the socket if nothing was sent since */
  expire(before: number, idleSince: number): void {
    this.waiting.take(({ at }) => at < before);
    if (this.#usedAt < idleSince) this.retire();
    else this.#closeIfDone();
  }

  /** Closes the socket and forgets the queries in flight. */
  close(): void {
    this.waiting.forget();
    this.#open.delete(this);
    this.#shut();
  }

  /**
   * The callback of all sends. The kernel reports an error from the network once, by the next call on the socket. If that is a
   * send without a callback, Node.js drops the error.
   */
  readonly #sent = (error: Error | null): void => {
    if (error) this.#break(error);
  };

  /** Sends the queries that came before the socket was connected. */
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

  /** Fails the queries in flight, but not at once: a socket can fail inside `send`, whose caller expects no callback then. */
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
