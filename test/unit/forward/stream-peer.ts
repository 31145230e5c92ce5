import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { framed, messagesOf } from "../../support/ask.js";
import type { Certificate } from "./authority.js";

export type StreamScript = (query: Buffer, peer: StreamPeerConnection) => unknown;

/** One connection, seen by the peer. */
export class StreamPeerConnection {
  readonly socket: Socket;
  readonly queries: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
  }

  say(...messages: Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)));
  }
}

/** An upstream over TCP or TLS that replies by a script. */
export class StreamPeer {
  readonly connections: StreamPeerConnection[] = [];
  readonly #server: Server;

  private constructor(script: StreamScript, certificate: Certificate | undefined) {
    const serve = async (socket: Socket) => {
      const connection = new StreamPeerConnection(socket);
      this.connections.push(connection);
      socket.on("error", () => undefined);
      try {
        for await (const query of messagesOf(socket)) {
          connection.queries.push(query);
          script(query, connection);
        }
      } catch {
        // The link or the script has closed the connection.
      }
    };
    this.#server = certificate
      ? createTlsServer({ ...certificate, ALPNProtocols: ["dot"] }, serve)
      : createServer(serve);
    this.#server.on("tlsClientError", () => undefined);
  }

  static async start(script: StreamScript, options: { certificate?: Certificate; host?: string; port?: number } = {}) {
    const peer = new StreamPeer(script, options.certificate);
    peer.#server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
    await once(peer.#server, "listening");
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All queries of all connections. */
  get queries(): Buffer[] {
    return this.connections.flatMap(({ queries }) => queries);
  }

  stop(): void {
    this.#server.close();
    for (const { socket } of this.connections) socket.destroy();
  }
}
