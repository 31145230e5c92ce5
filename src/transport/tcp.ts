import { createServer, type Server, type Socket } from "node:net";
import type { HostPort } from "../config/config.js";
import type { QueryStats } from "../metrics/query-stats.js";
import { listenError } from "./listen-error.js";
import type { DnsService } from "./service.js";
import { TcpConnection } from "./tcp-connection.js";

/** What clients may take of this server (RFC 7766 §6.2). */
export interface TcpLimits {
  /** Connections in all; above, new ones are closed at once. */
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Milliseconds without anything to do after which a connection is closed. */
  readonly idleMs: number;
  /** Milliseconds an unfinished message, or a client that does not read, is waited for. */
  readonly stalledMs: number;
  /** Octets of answers not yet taken by the client, above which its queries are no longer read. */
  readonly unsentOctets: number;
  /** Queries of one connection on their way to upstream resolvers, above which no more are read. */
  readonly forwards: number;
}

export const TCP_LIMITS: TcpLimits = {
  connections: 4096,
  connectionsPerClient: 256,
  idleMs: 30_000,
  stalledMs: 10_000,
  unsentOctets: 1024 * 1024,
  forwards: 1000,
};

export interface TcpOptions {
  readonly address: HostPort;
  readonly service: DnsService;
  readonly stats: QueryStats;
  readonly limits: TcpLimits;
}

/** DNS over TCP (RFC 7766). */
export class TcpTransport {
  readonly #options: TcpOptions;
  readonly #server: Server;
  readonly #connections = new Set<TcpConnection>();
  readonly #perClient = new Map<string, number>();

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options.address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(listenError(error, "TCP", host, port)));
      this.#server.listen({ host, port, backlog: 1024 }, resolve);
    });
    this.#server.removeAllListeners("error");
    // Out of descriptors, say: the connection is lost, the listener goes on.
    this.#server.on("error", () => this.#options.stats.connection("refused"));
  }

  /** Accepts nothing more and lets connections end as soon as their answers are out. */
  stop(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.finish();
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(socket: Socket): void {
    const { limits, stats, service } = this.#options;
    const client = socket.remoteAddress ?? "";
    const mine = this.#perClient.get(client) ?? 0;
    if (this.#connections.size >= limits.connections || mine >= limits.connectionsPerClient) {
      stats.connection("refused");
      socket.destroy();
      return;
    }
    stats.connection("opened");
    this.#perClient.set(client, mine + 1);
    const connection = new TcpConnection(socket, service, limits);
    this.#connections.add(connection);
    socket.once("close", () => {
      stats.connection("closed");
      this.#connections.delete(connection);
      const left = (this.#perClient.get(client) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(client);
      else this.#perClient.set(client, left);
    });
  }
}
