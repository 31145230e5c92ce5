import { createSocket, type Socket } from "node:dgram";
import { messageOf } from "../../base/errors.js";
import type { HostPort } from "../../base/host-port.js";
import type { Logger } from "../../base/log.js";

/** Counts and times over UDP, in StatsD's form: a line a datagram. What does not arrive is lost. */
export class StatsD {
  readonly #to: HostPort;
  readonly #prefix: string;
  readonly #socket: Socket;
  readonly #log: Pick<Logger, "warn">;
  #hasFailed = false;

  /** @param prefix before every name, with a dot between them unless it ends in one */
  constructor(to: HostPort, prefix: string, log: Pick<Logger, "warn">) {
    this.#to = to;
    this.#prefix = prefix === "" || prefix.endsWith(".") ? prefix : `${prefix}.`;
    this.#log = log;
    this.#socket = createSocket(to.host.includes(":") ? "udp6" : "udp4");
    this.#socket.on("error", (error) => this.#fail(error)).unref();
  }

  count(name: string): void {
    this.#send(`${this.#prefix}${name}:1|c`);
  }

  time(name: string, ms: number): void {
    this.#send(`${this.#prefix}${name}:${Math.round(ms)}|ms`);
  }

  close(): void {
    this.#socket.close();
  }

  #send(line: string): void {
    this.#socket.send(line, this.#to.port, this.#to.host, (error) => {
      if (error) this.#fail(error);
    });
  }

  /** Told once: statistics are not worth more. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#log.warn(`statistics cannot be sent to lb.statsd.host: ${messageOf(error)}`);
    this.#hasFailed = true;
  }
}
