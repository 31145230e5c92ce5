import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import type { HostPort } from "../base/host-port.js";
import type { Link, LinkParts, UpstreamQuery } from "./link.js";
import { reasonOf, tlsReasonOf } from "./reason.js";
import { StreamConnection } from "./stream-connection.js";

/** One does, for queries are pipelined (RFC 7766 §6.2.2); another helps where the first is busy or behind a lost packet. */
const CONNECTIONS = 2;

/** Queries waiting on a connection that make another worth while, and those that are too many: ids would run short. */
const BUSY = 128;
const MOST_WAITING = 32_768;

/** A connection unused for this long is closed, for that is the client's part (RFC 7766 §6.2.3). */
const IDLE_MS = 10_000;

export interface TlsOptions {
  /** Whom the certificate has to be for; with "", for the server's address. */
  readonly name: string;
  /** Certificates, PEM, of the authorities to trust instead of those known to all. */
  readonly ca: string | undefined;
}

export interface StreamLinkOptions extends LinkParts {
  /** An address, not a name. */
  readonly server: HostPort;
  /** Given for DNS over TLS. */
  readonly tls?: TlsOptions;
  readonly connections?: number;
}

/** DNS over TCP (RFC 7766) or over TLS (RFC 7858) to one server, over connections that are kept and shared. */
export class StreamLink implements Link {
  readonly #options: StreamLinkOptions;
  readonly #limit: number;
  readonly #context: SecureContext | undefined;
  readonly #open = new Set<StreamConnection>();
  #closed = false;

  constructor(options: StreamLinkOptions) {
    this.#options = options;
    this.#limit = options.connections ?? CONNECTIONS;
    // Once and for all: certificates take a while to be read.
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
    if (connection.waiting.size < MOST_WAITING) {
      connection.send({ sentQuery, at: this.#options.now(), again: false });
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

  /** The connection on which the fewest wait, or a new one. */
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
      broke: (connection, reason, isStale) => this.#broke(connection, reason, isStale),
    });
  }

  #connectTls({ name }: TlsOptions): Socket {
    const { host, port } = this.#options.server;
    return tlsConnect({
      host,
      port,
      secureContext: this.#context,
      // An address cannot be asked for (RFC 6066 §3).
      servername: isIP(name) === 0 ? name : "",
      checkServerIdentity: (_, certificate) => checkServerIdentity(name || host, certificate),
      // Said, because an environment variable could say otherwise.
      rejectUnauthorized: true,
      ALPNProtocols: ["dot"],
    });
  }

  /**
   * Servers close connections at any time, and a query may cross that (RFC 7766 §6.2.4): it goes out again, once, over a
   * connection that is new and so cannot have been given up already.
   */
  #broke(connection: StreamConnection, reason: string, isStale: boolean): void {
    const repeated = isStale ? connection.waiting.take(({ again }) => !again) : [];
    if (repeated.length > 0) {
      const fresh = this.#connect();
      for (const { sentQuery, at } of repeated) fresh.send({ sentQuery, at, again: true });
    }
    connection.waiting.fail(reason);
    this.#open.delete(connection);
  }
}
