import type { Client } from "../answer/request.js";
import { NO_EDE } from "../wire/edns.js";
import { Query } from "../wire/query.js";
import type { Forwarded, Forwarder } from "./contract.js";

/** A query that another thread wants to have forwarded. */
export interface ForwardRequest {
  readonly id: number;
  readonly message: Uint8Array;
  /** 4 or 16 octets of the client's address. */
  readonly client: Uint8Array;
}

/** What became of it. */
export interface ForwardResponse {
  readonly id: number;
  readonly forwarded: Forwarded;
  /** What `revision` of the server was when the query was brought. */
  readonly revision: number;
}

/** A port to a thread that has queries forwarded. */
export interface ForwardClientPort {
  postMessage(message: readonly ForwardResponse[]): void;
  on(event: "message", listener: (message: readonly ForwardRequest[]) => void): unknown;
  close(): void;
}

export interface ForwardServerParts {
  readonly forwarder: Forwarder;
  /** Knows clients by their addresses. */
  readonly clientOf: (octets: Uint8Array) => Client;
  /** A query could not be forwarded; its client is told so. */
  readonly onError: (error: unknown, message: Uint8Array) => void;
}

/** Where forward clients of other threads bring their queries, to be forwarded here. */
export class ForwardServer {
  /** Queries of other threads whose replies have not been handed to them. */
  pending = 0;
  /** Of the configuration and the cache: another number each time resolvers are replaced or answers flushed. */
  revision = 0;
  readonly #parts: ForwardServerParts;
  readonly #query = new Query();
  readonly #ports: ForwardClientPort[] = [];

  constructor(parts: ForwardServerParts) {
    this.#parts = parts;
  }

  /** Serves one more thread. */
  connect(port: ForwardClientPort): void {
    this.#ports.push(port);
    let returns: ForwardResponse[] = [];
    const send = () => {
      port.postMessage(returns);
      this.pending -= returns.length;
      returns = [];
    };
    const give = (id: number, revision: number, forwarded: Forwarded) => {
      // What resolvers answer in one turn of the event loop goes back in one message.
      if (returns.length === 0) setImmediate(send);
      returns.push({ id, forwarded, revision });
    };
    port.on("message", (requests) => {
      for (const request of requests) this.#forward(request, give);
    });
  }

  /** An open port keeps its thread from ending. */
  close(): void {
    for (const port of this.#ports) port.close();
  }

  #forward(
    { id, message, client }: ForwardRequest,
    give: (id: number, revision: number, forwarded: Forwarded) => void,
  ): void {
    const { forwarder, clientOf, onError } = this.#parts;
    const { revision } = this;
    this.pending++;
    let ready: Forwarded | undefined;
    try {
      // The other thread has read it before; its name need not be hashed.
      this.#query.read(message, message.length, 0);
      ready = forwarder.ask(this.#query, message, clientOf(client), (forwarded) => give(id, revision, forwarded));
    } catch (error) {
      onError(error, message);
      ready = { kind: "failed", ede: NO_EDE };
    }
    if (ready) give(id, revision, ready);
  }
}
