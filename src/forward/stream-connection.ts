import type { Socket } from "node:net";
import { HEADER } from "../wire/protocol.js";
import { framed, MessageReader } from "./framing.js";
import type { LinkParts } from "./link.js";
import { PendingQueries, type Sent } from "./pending-queries.js";

/**
 * If nothing comes for this long though a query has been sent, the connection is dead or will never stand, whatever TCP
 * hopes for in the minutes to come. If the server was only slow, another connection is no great cost.
 */
const SILENCE_MS = 3_000;

export interface StreamConnectionParts {
  readonly link: LinkParts;
  /** On its way to be connected. */
  readonly socket: Socket;
  /** The socket's event that says that queries may go out. */
  readonly ready: "connect" | "secureConnect";
  readonly reasonOf: (error: Error) => string;
  /** The connections of the link that are open; this one belongs to them as long as it is. */
  readonly open: Set<StreamConnection>;
  /**
   * Told if the connection ends and it was not `close` that ended it; what waits, and the place among the open, is left
   * to the receiver.
   *
   * @param isStale the server has answered before: it may just have been tired of an idle connection
   */
  readonly broke: (connection: StreamConnection, reason: string, isStale: boolean) => void;
}

/** One connection to an upstream resolver: queries go out as they come, replies come in any order (RFC 7766 §6.2.1.1). */
export class StreamConnection {
  readonly waiting: PendingQueries;
  readonly #parts: StreamConnectionParts;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #usedAt: number;
  /** When the first query was sent of those since which nothing has come. */
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

  /** Takes no more queries, and closes when nothing waits. */
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
   * Forgets what was sent before this moment. Queries no longer go over a connection that has fallen silent.
   *
   * @param idleSince closes the connection if nothing waits and nothing went over it since
   */
  expire(before: number, idleSince: number): void {
    this.waiting.take(({ at }) => at < before);
    const isSilent = this.#parts.link.now() - this.#silentSince >= SILENCE_MS;
    const isIdle = this.waiting.size === 0 && this.#usedAt < idleSince;
    if (isSilent || isIdle || this.#retired) this.retire();
  }

  /** What still waits is forgotten. */
  close(): void {
    this.waiting.forget();
    this.#parts.open.delete(this);
    this.#shut();
  }

  /** Queries wait until the connection stands; over TLS, until it is certain whom they will be told. */
  #flush(): void {
    this.#ready = true;
    for (const query of this.waiting.queries()) this.#write(query);
  }

  /** Queries of one turn of the event loop leave together: one system call, one TLS record. */
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
      // Nothing shorter can be a message: the stream is out of step, or not DNS at all.
      else if (message.length < HEADER) this.#break("what it sends is not DNS");
    }
    if (this.#retired && this.waiting.size === 0) this.close();
  }

  #break(reason: string): void {
    if (this.#closed) return;
    const isStale = this.#answered && !this.#retired;
    this.#shut();
    this.#parts.broke(this, reason, isStale);
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retired = true;
    // Over TLS, end() says that this is the end and not an attack (RFC 8446 §6.1); destroy() waits for nobody.
    this.#socket.end();
    this.#socket.destroy();
  }
}
