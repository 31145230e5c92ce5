import type { Timers } from "../../base/timers.js";
import type { Refusal, Session } from "./model.js";
import { type Begun, beginIn, endInSteps } from "./session-rules.js";
import type { KvStore } from "./store.js";

/** A session expires when it has not been renewed for so many times its TTL: Consul's clients may rely on 1, and on not over 2. */
const TTLS = 1.5;
/** When to try again if a session's end cannot be stored. The store has said why. */
const RETRY_MS = 5_000;

/** What sessions are begun, renewed and ended through. */
export interface Sessions {
  start(): void;
  stop(): void;
  /** @throws as the store's `submit` does */
  begin(fields: Omit<Session, "createIndex">): Promise<Begun | Refusal>;
  /** The session, whose TTL begins anew. `undefined` if there is none. @throws {MesosDnsError} KV_ENSEMBLE_AWAY */
  renew(id: string): Promise<Session | undefined> | Session | undefined;
  /** Also if there is no such session. @throws as the store's `submit` does */
  end(id: string): Promise<void>;
}

export interface SessionKeeperOptions {
  readonly store: KvStore;
  readonly timers: Pick<Timers, "after">;
}

/** Begins, renews and ends sessions, and ends those that nobody renews. Those that were stored begin their TTL anew with `start`. */
export class SessionKeeper implements Sessions {
  readonly #options: SessionKeeperOptions;
  /** How to cancel each session's expiry. */
  readonly #expiries = new Map<string, () => void>();

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    for (const session of this.#options.store.now.sessions()) this.#schedule(session);
  }

  stop(): void {
    for (const cancel of this.#expiries.values()) cancel();
    this.#expiries.clear();
  }

  async begin(fields: Omit<Session, "createIndex">): Promise<Begun | Refusal> {
    const outcome = await beginIn(this.#options.store, fields);
    if (outcome.ok) this.#schedule(outcome.session);
    return outcome;
  }

  renew(id: string): Session | undefined {
    const session = this.#options.store.now.session(id);
    if (!session || session.ttlMs === 0) return session;
    // One without an expiry has expired, and its end is being stored.
    if (!this.#expiries.has(id)) return undefined;
    this.#schedule(session);
    return session;
  }

  async end(id: string): Promise<void> {
    await endInSteps(this.#options.store, id);
    this.#expiries.get(id)?.();
    this.#expiries.delete(id);
  }

  #schedule({ id, ttlMs }: Session): void {
    if (ttlMs === 0) return;
    this.#expiries.get(id)?.();
    this.#expiries.set(
      id,
      this.#options.timers.after(ttlMs * TTLS, () => this.#expire(id)),
    );
  }

  #expire(id: string): void {
    const { timers } = this.#options;
    this.#expiries.delete(id);
    this.end(id).catch(() => {
      this.#expiries.set(
        id,
        timers.after(RETRY_MS, () => this.#expire(id)),
      );
    });
  }
}
