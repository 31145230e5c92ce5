import type { Client } from "../answer/request.js";
import { NO_EDE } from "../wire/edns.js";
import { Query } from "../wire/query.js";
import type { Forwarded, Forwarder } from "./contract.js";

/** A query that another thread asks this one to forward. */
export interface ForwardRequest {
  readonly id: number;
  readonly message: Uint8Array;
  /** The client's address: 4 or 16 octets. */
  readonly client: Uint8Array;
}

/** The outcome of a forward request. */
export interface ForwardResponse {
  readonly id: number;
  readonly forwarded: Forwarded;
  /** `ForwardServer.revision` when the request arrived. */
  readonly revision: number;
}

/** A port to a thread that sends forward requests. */
export interface ForwardClientPort {
  postMessage(message: readonly ForwardResponse[]): void;
  on(event: "message", listener: (message: readonly ForwardRequest[]) => void): unknown;
  close(): void;
}

export interface ForwardServerParts {
  readonly forwarder: Forwarder;
  /** The client with an address of 4 or 16 octets. */
  readonly clientOf: (octets: Uint8Array) => Client;
  /** Told of an exception while forwarding a query. Its client gets SERVFAIL. */
  readonly onError: (error: unknown, message: Uint8Array) => void;
}

/** Forwards queries for the `ForwardClient`s of other threads. */
export class ForwardServer {
  /** Requests of other threads that have not been answered yet. */
  pending = 0;
  /** Number of the configuration and the cache: changes whenever upstreams are replaced or answers are flushed. */
  revision = 0;
  readonly #parts: ForwardServerParts;
  readonly #query = new Query();
  readonly #ports: ForwardClientPort[] = [];

  constructor(parts: ForwardServerParts) {
    this.#parts = parts;
  }

  /** Starts to serve another thread. */
  connect(port: ForwardClientPort): void {
    this.#ports.push(port);
    let responses: ForwardResponse[] = [];
    const send = () => {
      port.postMessage(responses);
      this.pending -= responses.length;
      responses = [];
    };
    const respond = (id: number, revision: number, forwarded: Forwarded) => {
      // Replies received in the same turn of the event loop go back in one message.
      if (responses.length === 0) setImmediate(send);
      responses.push({ id, forwarded, revision });
    };
    port.on("message", (requests) => {
      for (const request of requests) this.#forward(request, respond);
    });
  }

  /** An open port keeps its thread from ending. */
  close(): void {
    for (const port of this.#ports) port.close();
  }

  #forward(
    { id, message, client }: ForwardRequest,
    respond: (id: number, revision: number, forwarded: Forwarded) => void,
  ): void {
    const { forwarder, clientOf, onError } = this.#parts;
    const { revision } = this;
    this.pending++;
    let ready: Forwarded | undefined;
    try {
      // Seed 0: nothing looks up the name's hash here. The other thread has already checked the query.
      this.#query.read(message, message.length, 0);
      ready = forwarder.ask(this.#query, message, clientOf(client), (forwarded) => respond(id, revision, forwarded));
    } catch (error) {
      onError(error, message);
      ready = { kind: "failed", ede: NO_EDE };
    }
    if (ready) respond(id, revision, ready);
  }
}
