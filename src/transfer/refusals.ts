import { LRUCache } from "lru-cache";

/** Most refusals that one client gets in a second. */
const MOST = 10;
const SECOND_MS = 1_000;
/** Clients that are remembered. The one that asked least recently goes first. */
const MAX_CLIENTS = 1_000;

/** Says how many refused queries for transfers are answered over streams: who goes on asking is not worth a connection. */
export class Refusals {
  /** By client: when its second began, and the refusals since then. */
  readonly #seconds = new LRUCache<string, { readonly since: number; count: number }>({ max: MAX_CLIENTS });

  /**
   * Counts a refusal. Returns false if the client has had too many: its connection is to be closed.
   *
   * @param now milliseconds on a monotonic clock
   */
  mayAnswer(client: string, now: number): boolean {
    const second = this.#seconds.get(client);
    if (second && now - second.since < SECOND_MS) return ++second.count <= MOST;
    this.#seconds.set(client, { since: now, count: 1 });
    return true;
  }
}
