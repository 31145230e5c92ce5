import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import type { HostPort } from "../base/host-port.js";
import type { Link, LinkParts, UpstreamQuery } from "./link.js";
import { reasonOf, tlsReasonOf } from "./reason.js";
import { StreamConnection } from "./stream-connection.js";

/** One is enough, as queries are pipelined (RFC 7766 §6.2.2). A second helps if the first is busy or waits for a lost packet. */
const CONNECTIONS = 2;

/** Queries in flight on a connection that justify another one, and most queries on a connection: ids must not run out. */
const BUSY = 128;
const MAX_WAITING = 32_768;

/** A connection unused for this long is closed, as clients should do (RFC 7766 §6.2.3). */
const IDLE_MS = 10_000;

export interface TlsOptions {
  /** The name that the certificate has to be for; "" for the upstream's address. */
  readonly name: string;
  /** Certificates, in PEM, of the authorities to trust; undefined for those that Node.js trusts. */
  readonly ca: string | undefined;
}

export interface StreamLinkOptions extends LinkParts {
  /** An address, not a name. */
  readonly server: HostPort;
  /** For DNS over TLS; without it, DNS over TCP. */
  readonly tls?: TlsOptions;
  /** Most connections at a time. */
  readonly connections?: number;
}

/** DNS over TCP (RFC 7766) or over TLS (RFC 7858) to one upstream, over connections that are kept open and shared. */
export class StreamLink implements Link {
  readonly #options: StreamLinkOptions;
  readonly #limit: number;
  readonly #context: SecureContext | undefined;
  readonly #open = new Set<StreamConnection>();
  #closed = false;

  constructor(options: StreamLinkOptions) {
    this.#options = options;
    this.#limit = options.connections ?? CONNECTIONS;
    // Made once: reading certificates takes a while.
    if (options.tls) this.#context = createSecureContext({ ca: options.tls.ca, minVersion: "TLSv1.2" });
  }

  get inFlight(): number {
    let sum = 0;
    for (const { waiting } of this.#open) sum += waiting.size;
    return sum;
  }

  send(sentQuery: UpstreamQuery): void {
    if (this.#closed) return;
    const connection = this.#choose();
    if (connection.waiting.size < MAX_WAITING) {
      connection.send({ sentQuery, at: this.#options.now(), isRepeat: false });
    } else {
      process.nextTick(() => sentQuery.failed("too many queries wait for replies"));
    }
  }

  expire(before: number): void {
    const idleSince = this.#options.now() - IDLE_MS;
    for (const connection of this.#open) connection.expire(before, idleSince);
  }

  forgetUnwanted(): void {
    for (const { waiting } of this.#open) waiting.take(({ sentQuery }) => !sentQuery.isWanted);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.close();
  }

  /** The connection with the fewest queries in flight, or a new one. */
  #choose(): StreamConnection {
    let best: StreamConnection | undefined;
    let usable = 0;
    for (const connection of this.#open) {
      if (connection.isRetired) continue;
      usable++;
      if (!best || connection.waiting.size < best.waiting.size) best = connection;
    }
    return best && (best.waiting.size < BUSY || usable >= this.#limit) ? best : this.#connect();
  }

  #connect(): StreamConnection {
    const { server, tls } = this.#options;
    return new StreamConnection({
      link: this.#options,
      socket: tls ? this.#connectTls(tls) : connect({ host: server.host, port: server.port }),
      ready: tls ? "secureConnect" : "connect",
      reasonOf: (error) => (tls ? tlsReasonOf(error, tls.name || server.host) : reasonOf(error)),
      open: this.#open,
      onBroken: (connection, reason, mayRepeat) => this.#onBroken(connection, reason, mayRepeat),
    });
  }

  #connectTls({ name }: TlsOptions): Socket {
    const { host, port } = this.#options.server;
    return tlsConnect({
      host,
      port,
      secureContext: this.#context,
      // Server name indication takes names only, no addresses (RFC 6066 §3).
      servername: isIP(name) === 0 ? name : "",
      checkServerIdentity: (_, certificate) => checkServerIdentity(name || host, certificate),
      // Explicit, as the environment variable NODE_TLS_REJECT_UNAUTHORIZED could change the default.
      rejectUnauthorized: true,
      ALPNProtocols: ["dot"],
    });
  }

  /**
   * An upstream may close a connection at any time, while a query is on its way to it (RFC 7766 §6.2.4). Such a query is sent
   * once more, over a new connection.
   */
  #onBroken(connection: StreamConnection, reason: string, mayRepeat: boolean): void {
    const repeated = mayRepeat ? connection.waiting.take(({ isRepeat }) => !isRepeat) : [];
    if (repeated.length > 0) {
      const fresh = this.#connect();
      for (const { sentQuery, at } of repeated) fresh.send({ sentQuery, at, isRepeat: true });
    }
    connection.waiting.fail(reason);
    this.#open.delete(connection);
  }
}
