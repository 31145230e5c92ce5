import type { Client } from "../answer/request.js";
import type { ForwardLimits } from "../config/config.js";

/** Counts whose queries wait for an answer. */
export class Quota {
  waiting = 0;
  /** Queries that were one too many. */
  refusals = 0;
  /** By address: who is forgotten and learnt anew in between is the same client. */
  readonly #byClient = new Map<string, number>();

  /** Whether a query of the client's may wait; where it may not, that is counted. */
  admits(client: Client, { maxQueries, maxQueriesPerClient }: ForwardLimits): boolean {
    if (this.waiting < maxQueries && (this.#byClient.get(keyOf(client)) ?? 0) < maxQueriesPerClient) return true;
    this.refusals++;
    return false;
  }

  enter(client: Client): void {
    this.waiting++;
    const key = keyOf(client);
    this.#byClient.set(key, (this.#byClient.get(key) ?? 0) + 1);
  }

  leave(client: Client): void {
    this.waiting--;
    const key = keyOf(client);
    const left = (this.#byClient.get(key) ?? 1) - 1;
    if (left > 0) this.#byClient.set(key, left);
    else this.#byClient.delete(key);
  }
}

function keyOf({ octets }: Client): string {
  return Buffer.from(octets).toString("latin1");
}
