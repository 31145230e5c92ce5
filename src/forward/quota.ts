import type { Client } from "../answer/request.js";
import type { ForwardLimits } from "../config/forward-settings.js";

/** Limits the queries that wait for upstreams, in all and for each client. */
export class Quota {
  /** Queries that wait now. */
  waiting = 0;
  /** Queries that were refused, as they were over a limit. */
  refusals = 0;
  /** Waiting queries by address. Not by `Client`: one client may be different objects in the course of time. */
  readonly #byClient = new Map<string, number>();

  /** Whether another query of the client may wait. Counts a refusal. */
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
