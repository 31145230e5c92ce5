import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket, type Server as TlsServer } from "node:tls";
import type { HostPort } from "../base/host-port.js";
import { streamChannel } from "../serving/channels.js";
import type { ClientTable } from "../serving/clients.js";
import { type QueryStats, TRANSPORTS } from "../serving/query-stats.js";
import type { DnsService } from "../serving/service.js";
import { type ListenerCertificates, TLS_OPTIONS } from "./certificate.js";
import { listenError } from "./listen-error.js";
import { TcpConnection } from "./tcp-connection.js";
import type { TcpLimits } from "./tcp-limits.js";

const TLS_TRANSPORT = TRANSPORTS.indexOf("tls");

export interface TcpOptions {
  readonly address: HostPort;
  /**
   * Makes the socket to listen on and returns its descriptor, or throws a `MesosDnsError`. Without it, Node.js makes the socket.
   */
  readonly descriptor: (() => number) | undefined;
  /** Whether a socket at "::" is for IPv6 only. */
  readonly onlyIPv6: boolean;
  readonly service: DnsService;
  readonly clients: ClientTable;
  readonly stats: QueryStats;
  readonly limits: TcpLimits;
  /** For DNS over TLS (RFC 7858); without them, DNS over TCP. Without authorities, certificates of clients are not asked for. */
  readonly certificates?: ListenerCertificates;
}

/** DNS over TCP (RFC 7766), or over TLS. */
export class TcpTransport {
  readonly #options: TcpOptions;
  /** Accepts connections, before any TLS handshake. */
  readonly #server: Server;
  #tls: TlsServer | undefined;
  /** Whether who transfers zones over TLS has to have a certificate. */
  #needsClientCertificate = false;
  readonly #sockets = new Set<Socket>();
  readonly #perClient = new Map<string, number>();
  readonly #connections = new Set<TcpConnection>();
  #limits: TcpLimits;

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = options.limits;
    const { certificates } = options;
    // A client that closes its side during the TLS handshake gets no answers.
    const allowHalfOpen = certificates === undefined;
    this.#server = createServer({ allowHalfOpen, noDelay: true }, (socket) => this.#accept(socket));
    if (certificates) this.renew(certificates);
  }

  async listen(): Promise<void> {
    const { address, descriptor, onlyIPv6 } = this.#options;
    const { host, port } = address;
    const where = descriptor ? { fd: descriptor() } : { host, port, ipv6Only: onlyIPv6 };
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error) => reject(listenError(error, "TCP", host, port)));
      this.#server.listen({ ...where, backlog: 1024 }, resolve);
    });
    this.#server.removeAllListeners("error");
    // For example, out of descriptors: the connection is lost, but the listener continues.
    this.#server.on("error", () => this.#options.stats.connection("refused"));
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on("drop", () => this.#options.stats.connection("refused"));
  }

  /** Sets the limits for connections accepted from now on. */
  set limits(limits: TcpLimits) {
    this.#limits = limits;
    this.#server.maxConnections = limits.connections;
  }

  /** Uses these certificates for new connections. */
  renew(certificates: ListenerCertificates): void {
    this.#needsClientCertificate = certificates.transferAuthorities !== undefined;
    this.#tls = this.#makeTls(certificates);
  }

  /** Accepts no more connections, and closes each open one after its outstanding answers are sent. */
  stop(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.finish();
  }

  /** Connections that can send queries. Those in a TLS handshake do not count. */
  get openConnections(): number {
    return this.#connections.size;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A TLS server that does not listen: `#accept` passes connections to it. */
  #makeTls({ certificate, transferAuthorities: ca }: ListenerCertificates): TlsServer {
    const handshakeTimeout = this.#limits.handshakeMs;
    // A client without a certificate is served all the same, but for transfers.
    const wanted = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
    const options = { ...certificate, ...wanted, ALPNProtocols: ["dot"], ...TLS_OPTIONS, handshakeTimeout };
    const server = createTlsServer(options);
    const { stats } = this.#options;
    server.on("secureConnection", (socket) => {
      stats.tls(TLS_TRANSPORT, "secured");
      socket.once("close", () => stats.tls(TLS_TRANSPORT, "closed"));
      socket.allowHalfOpen = true;
      this.#serve(socket);
    });
    // After a handshake timeout node:tls only emits this event and leaves the connection open.
    server.on("tlsClientError", (_error: Error, socket: TLSSocket) => {
      stats.tls(TLS_TRANSPORT, "failed");
      socket.destroy();
    });
    return server;
  }

  #accept(socket: Socket): void {
    const { stats } = this.#options;
    const address = socket.remoteAddress;
    // The client has reset the connection already: nobody knows whose it was.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const mine = this.#perClient.get(address) ?? 0;
    if (this.#sockets.size >= this.#limits.connections || mine >= this.#limits.connectionsPerClient) {
      stats.connection("refused");
      socket.destroy();
      return;
    }
    stats.connection("opened");
    this.#perClient.set(address, mine + 1);
    this.#sockets.add(socket);
    socket.once("close", () => {
      stats.connection("closed");
      this.#sockets.delete(socket);
      const left = (this.#perClient.get(address) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(address);
      else this.#perClient.set(address, left);
    });
    if (this.#tls) this.#tls.emit("connection", socket);
    else this.#serve(socket);
  }

  /** Over TLS, zones are transferred with TLS 1.3 only (RFC 9103 §9.1), and to clients with a certificate if authorities are configured. */
  #mayTransfer(socket: Socket): boolean {
    if (!(socket instanceof TLSSocket)) return true;
    if (socket.getProtocol() !== "TLSv1.3") return false;
    if (!this.#needsClientCertificate) return true;
    // A session that is resumed counts as authorized even if the client had no certificate in the first place.
    return socket.authorized && socket.getPeerX509Certificate() !== undefined;
  }

  #serve(socket: Socket): void {
    const address = socket.remoteAddress;
    if (!this.#server.listening || address === undefined) {
      socket.destroy();
      return;
    }
    const { service, clients } = this.#options;
    const limits = this.#limits;
    const channel = streamChannel(this.#tls !== undefined, limits.idleMs / 1000, this.#mayTransfer(socket));
    const client = clients.of(address);
    const connection = new TcpConnection(socket, { service, limits, client, channel });
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
  }
}
