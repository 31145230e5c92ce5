import { LRUCache } from "lru-cache";

/** Clients, each for one zone. The one that has asked least recently goes first. */
const MAX_CLIENTS = 10_000;
const MAX_SERIALS = 64;

/** A client for one zone, and the serials of the versions that it got. */
export type GivenEntry = readonly [client: string, serials: readonly number[]];

/**
 * The versions of zones that this server has given to each client. A version with the same serial that a client has from another
 * primary may have other contents.
 */
export class GivenVersions {
  readonly #serials = new LRUCache<string, readonly number[]>({ max: MAX_CLIENTS });

  /** @param client address, key and zone, as one text */
  note(client: string, serial: number): void {
    const others = (this.#serials.get(client) ?? []).filter((each) => each !== serial);
    this.#serials.set(client, [...others, serial].slice(-MAX_SERIALS));
  }

  has(client: string, serial: number): boolean {
    return this.#serials.get(client)?.includes(serial) ?? false;
  }

  /** All of them, the least recent first, to be saved. */
  entries(): readonly GivenEntry[] {
    return [...this.#serials.rkeys()].map((client) => [client, this.#serials.peek(client) ?? []]);
  }

  restore(entries: readonly GivenEntry[]): void {
    for (const [client, serials] of entries) this.#serials.set(client, serials);
  }
}
