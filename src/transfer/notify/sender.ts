import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { isWildcard } from "../../base/wildcards.js";
import type { SocketConfig, TransferConfig } from "../../config/config.js";

type SenderConfig = Pick<TransferConfig, "notifySource"> & Pick<SocketConfig, "listener">;
type Receive = (message: Uint8Array, address: string, port: number) => void;

/**
 * Sends datagrams to secondaries and receives their answers. They leave from the address that this server answers on, as secondaries
 * check it, if that is one address; otherwise from the one that the route has.
 */
export class DatagramSender {
  readonly #receive: Receive;
  readonly #log: Pick<Logger, "warn">;
  #config: SenderConfig;
  readonly #sockets = new Map<"udp4" | "udp6", Socket>();
  #trouble = "";

  constructor(config: SenderConfig, receive: Receive, log: Pick<Logger, "warn">) {
    this.#config = config;
    this.#receive = receive;
    this.#log = log;
  }

  configure(config: SenderConfig): void {
    if (sourceOf(config, "udp4") !== sourceOf(this.#config, "udp4")) this.close();
    else if (sourceOf(config, "udp6") !== sourceOf(this.#config, "udp6")) this.close();
    this.#config = config;
  }

  send(octets: Uint8Array, address: string, port: number): void {
    this.#socketFor(isIPv6(address) ? "udp6" : "udp4").send(octets, port, address, (error) => {
      if (error) this.#warn(error);
    });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socketFor(type: "udp4" | "udp6"): Socket {
    const known = this.#sockets.get(type);
    if (known) return known;
    const socket = createSocket(type);
    socket.on("message", (message, { address, port }) => this.#receive(message, address, port));
    // Without an address to leave from, the next message is tried with a new socket.
    socket.on("error", (error) => {
      this.#warn(error);
      this.#sockets.delete(type);
      socket.close();
    });
    socket.bind(0, sourceOf(this.#config, type));
    socket.unref();
    this.#sockets.set(type, socket);
    return socket;
  }

  /** Logs a failure, but not the same one again: NOTIFY is repeated. */
  #warn(error: Error): void {
    const message = `telling secondaries of changes failed (${messageOf(error)}): see notify, notifySource and the route`;
    if (message !== this.#trouble) this.#log.warn(message);
    this.#trouble = message;
  }
}

/** The address to leave from; `undefined` for the one that the route has. */
function sourceOf({ notifySource, listener }: SenderConfig, type: "udp4" | "udp6"): string | undefined {
  const isOfType = (address: string) => isIPv6(address) === (type === "udp6");
  if (notifySource !== "") return isOfType(notifySource) ? notifySource : undefined;
  const own = listener.filter(isOfType);
  return own.length === 1 && !isWildcard(own[0]) ? own[0] : undefined;
}
