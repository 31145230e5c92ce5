import type { Client } from "../dns/client.js";
import { Query } from "../dns/query.js";
import type { Forwarded, Forwarder } from "./forwarder.js";

/** A query that another thread wants to have forwarded. */
export interface Errand {
  readonly id: number;
  readonly message: Uint8Array;
  /** 4 or 16 octets of the client's address. */
  readonly client: Uint8Array;
}

/** What became of it. */
export interface Return {
  readonly id: number;
  readonly forwarded: Forwarded;
}

/** A port to a thread that has queries forwarded. */
export interface ReturnPort {
  postMessage(message: readonly Return[]): void;
  on(event: "message", listener: (message: readonly Errand[]) => void): unknown;
}

/** Where couriers of other threads bring their queries, to be forwarded here. */
export class Desk {
  readonly #forwarder: Forwarder;
  readonly #clientOf: (octets: Uint8Array) => Client;
  readonly #query = new Query();

  /** @param clientOf knows clients by their addresses */
  constructor(forwarder: Forwarder, clientOf: (octets: Uint8Array) => Client) {
    this.#forwarder = forwarder;
    this.#clientOf = clientOf;
  }

  /** Serves one more thread. */
  connect(port: ReturnPort): void {
    let returns: Return[] = [];
    const send = () => {
      port.postMessage(returns);
      returns = [];
    };
    const give = (id: number, forwarded: Forwarded) => {
      // What resolvers answer in one turn of the event loop goes back in one message.
      if (returns.length === 0) setImmediate(send);
      returns.push({ id, forwarded });
    };
    port.on("message", (errands) => {
      for (const errand of errands) this.#forward(errand, give);
    });
  }

  #forward({ id, message, client }: Errand, give: (id: number, forwarded: Forwarded) => void): void {
    // The other thread has read it before; its name need not be hashed.
    this.#query.read(message, message.length, 0);
    const done = (forwarded: Forwarded) => give(id, forwarded);
    const ready = this.#forwarder.ask(this.#query, message, this.#clientOf(client), done);
    if (ready) give(id, ready);
  }
}
