import type { Socket } from "node:net";
import { HEADER } from "../wire/protocol.js";
import { framed, MessageReader } from "./framing.js";
import type { LinkParts } from "./link.js";
import { PendingQueries, type Sent } from "./pending-queries.js";

/**
 * If nothing arrives for this long after a query was sent, the connection is taken for dead, without waiting minutes for TCP to
 * notice. If the upstream was only slow, a new connection costs little.
 */
const SILENCE_MS = 3_000;

export interface StreamConnectionParts {
  readonly link: LinkParts;
  /** A socket that is connecting. */
  readonly socket: Socket;
  /** The socket's event after which queries may be sent. */
  readonly ready: "connect" | "secureConnect";
  readonly reasonOf: (error: Error) => string;
  /** The link's open connections. This connection adds itself. */
  readonly open: Set<StreamConnection>;
  /**
   * Told if the connection ends other than by `close`. The receiver has to deal with the queries in flight and to remove the
   * connection from `open`.
   *
   * @param mayRepeat whether the upstream has replied over it before, so that it may just have closed an idle connection
   */
  readonly onBroken: (connection: StreamConnection, reason: string, mayRepeat: boolean) => void;
}

/** One connection to an upstream. Queries are pipelined, and replies may come in any order (RFC 7766 §6.2.1.1). */
export class StreamConnection {
  readonly waiting: PendingQueries;
  readonly #parts: StreamConnectionParts;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #usedAt: number;
  /** When the first query was sent since which nothing has arrived. */
  #silentSince = Number.POSITIVE_INFINITY;
  #ready = false;
  #batching = false;
  #answered = false;
  #retired = false;
  #closed = false;

  constructor(parts: StreamConnectionParts) {
    const { link, socket, ready, reasonOf, open } = parts;
    this.waiting = new PendingQueries(link);
    this.#parts = parts;
    this.#socket = socket;
    open.add(this);
    this.#usedAt = link.now();
    socket.setNoDelay(true);
    socket.once(ready, () => this.#flush());
    socket.on("data", (piece) => this.#receive(piece));
    socket.on("error", (error) => this.#break(reasonOf(error)));
    socket.on("end", () => this.#break("the connection was closed"));
    socket.on("close", () => this.#break("the connection was closed"));
  }

  /** Whether it takes no more queries and closes when none is in flight. */
  get isRetired(): boolean {
    return this.#retired;
  }

  send(sent: Sent): void {
    this.#usedAt = this.#parts.link.now();
    this.#silentSince = Math.min(this.#silentSince, this.#usedAt);
    this.waiting.add(sent);
    if (this.#ready) this.#write(sent.sentQuery.query);
  }

  retire(): void {
    this.#retired = true;
    if (this.waiting.size === 0) this.close();
  }

  /**
   * Forgets queries sent before this time. Retires a connection that has fallen silent.
   *
   * @param idleSince retires the connection if no query is in flight and nothing was sent or received since
   */
  expire(before: number, idleSince: number): void {
    this.waiting.take(({ at }) => at < before);
    const isSilent = this.#parts.link.now() - this.#silentSince >= SILENCE_MS;
    const isIdle = this.waiting.size === 0 && this.#usedAt < idleSince;
    if (isSilent || isIdle || this.#retired) this.retire();
  }

  /** Closes the connection and forgets the queries in flight. */
  close(): void {
    this.waiting.forget();
    this.#parts.open.delete(this);
    this.#shut();
  }

  /** Sends the queries that waited for the connection: over TLS, for the upstream's certificate to be checked. */
  #flush(): void {
    this.#ready = true;
    for (const query of this.waiting.queries()) this.#write(query);
  }

  /** Sends all queries of one turn of the event loop together: one system call, one TLS record. */
  #write(query: Uint8Array): void {
    if (!this.#batching) {
      this.#batching = true;
      this.#socket.cork();
      setImmediate(this.#endBatch);
    }
    this.#socket.write(framed(query));
  }

  readonly #endBatch = (): void => {
    this.#batching = false;
    this.#socket.uncork();
  };

  #receive(piece: Buffer): void {
    this.#usedAt = this.#parts.link.now();
    this.#silentSince = Number.POSITIVE_INFINITY;
    this.#reader.push(piece);
    for (let message = this.#reader.next(); message && !this.#closed; message = this.#reader.next()) {
      if (this.waiting.receive(message)) this.#answered = true;
      // A message has at least a header: the stream is out of step, or is not DNS.
      else if (message.length < HEADER) this.#break("what it sends is not DNS");
    }
    if (this.#retired && this.waiting.size === 0) this.close();
  }

  #break(reason: string): void {
    if (this.#closed) return;
    const mayRepeat = this.#answered && !this.#retired;
    this.#shut();
    this.#parts.onBroken(this, reason, mayRepeat);
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retired = true;
    // Over TLS, end() sends close_notify (RFC 8446 §6.1). destroy() closes without waiting for the upstream.
    this.#socket.end();
    this.#socket.destroy();
  }
}
