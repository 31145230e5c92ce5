import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { Request } from "../answer/request.js";
import { literalLookup } from "../base/literal-lookup.js";
import { UDP } from "../serving/channels.js";
import type { DnsService } from "../serving/service.js";
import { MAX_UDP_PAYLOAD } from "../wire/protocol.js";
import { endpointOf } from "./endpoint.js";
import { listenError } from "./listen-error.js";
import type { UdpEngine, UdpEngineOptions } from "./udp.js";

/** Receive buffer, in bytes, for bursts while the thread is busy. The kernel grants up to net.core.rmem_max. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

export interface DgramOptions extends UdpEngineOptions {
  /** Whether other sockets of this process have the same port, at other addresses or at the wildcard address. */
  readonly shared: boolean;
  /** Whether a socket at "::" is for IPv6 only. */
  readonly onlyIPv6: boolean;
}

/** The UDP engine on node:dgram: one datagram a system call. */
export class DgramEngine implements UdpEngine {
  readonly drops = undefined;
  readonly #options: DgramOptions;
  readonly #service: DnsService;
  readonly #socket: Socket;
  readonly #request = new Request(UDP, Buffer.alloc(MAX_UDP_PAYLOAD));
  #receiving = true;
  #closed = false;

  constructor(options: DgramOptions) {
    const family = isIPv6(options.address.host) ? 6 : 4;
    this.#options = options;
    this.#service = options.service;
    this.#request.server = endpointOf(options.address.host, options.address.port);
    this.#socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      reuseAddr: options.shared,
      ipv6Only: options.onlyIPv6 && family === 6,
      ...(options.inherited === undefined && { recvBufferSize: RECEIVE_BUFFER }),
      lookup: literalLookup(family),
    });
  }

  async listen(): Promise<void> {
    const { address, inherited } = this.#options;
    const { host, port } = address;
    await new Promise<void>((resolve, reject) => {
      this.#socket.once("error", (error) => reject(listenError(error, "UDP", host, port)));
      this.#socket.bind(inherited === undefined ? { address: host, port } : { fd: inherited }, resolve);
    });
    this.#socket.removeAllListeners("error");
    // A send can fail because of the client (an ICMP error, no route). The socket stays usable.
    this.#socket.on("error", () => undefined);
    this.#socket.on("message", (message, remote) => this.#receive(message, remote));
  }

  stop(): void {
    // An inherited socket stays open for the next process. Until close(), queries that arrive there are answered here.
    this.#receiving = this.#options.inherited !== undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #receive(message: Buffer, remote: RemoteInfo): void {
    // Port 0 cannot receive an answer: such a source is forged.
    if (!this.#receiving || remote.port === 0) return;
    const defer = () => (answer: Uint8Array) => this.#send(answer, answer.length, remote);
    const client = this.#options.clients.of(remote.address);
    this.#service.begin();
    const request = this.#request;
    request.set(message, message.length, client);
    request.port = remote.port;
    const size = this.#service.handle(request, defer);
    this.#service.end();
    if (size <= 0) return;
    this.#send(request.out, size, remote);
    // If the send is queued, this memory is still needed for it.
    if (this.#socket.getSendQueueCount() > 0) request.out = Buffer.alloc(MAX_UDP_PAYLOAD);
  }

  #send(message: Uint8Array, length: number, remote: RemoteInfo): void {
    // An upstream's reply may arrive after close().
    if (this.#closed) return;
    this.#socket.send(message, 0, length, remote.port, remote.address);
  }
}
