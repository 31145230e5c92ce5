import type { ForwardLimits } from "../config/config.js";
import type { Client } from "../dns/client.js";

/** Counts whose queries wait for an answer. */
export class Quota {
  waiting = 0;
  /** Queries that were one too many. */
  refusals = 0;
  readonly #byClient = new Map<Client, number>();

  /** Whether a query of the client's may wait; where it may not, that is counted. */
  admits(client: Client, { maxQueries, maxQueriesPerClient }: ForwardLimits): boolean {
    if (this.waiting < maxQueries && (this.#byClient.get(client) ?? 0) < maxQueriesPerClient) return true;
    this.refusals++;
    return false;
  }

  enter(client: Client): void {
    this.waiting++;
    this.#byClient.set(client, (this.#byClient.get(client) ?? 0) + 1);
  }

  leave(client: Client): void {
    this.waiting--;
    const left = (this.#byClient.get(client) ?? 1) - 1;
    if (left > 0) this.#byClient.set(client, left);
    else this.#byClient.delete(client);
  }
}
