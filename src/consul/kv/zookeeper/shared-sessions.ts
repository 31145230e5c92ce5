import type { Logger } from "../../../base/log.js";
import type { Timers } from "../../../base/timers.js";
import type { Refusal, Session } from "../model.js";
import type { Sessions } from "../session-keeper.js";
import { type Begun, beginIn, endInSteps, releaseStray, strayLine } from "../session-rules.js";
import type { ZooKeeperStore } from "./store.js";

/** A session expires when nobody is seen to have renewed it for so many times its TTL. */
const TTLS = 1.5;
/** Parts of a TTL: renewals are told and looked for once in each. So a session lives for at least 1.25 and at most 2 TTLs. */
const PARTS = 4;

export interface SharedSessionsOptions {
  readonly store: Pick<ZooKeeperStore, "now" | "submit" | "largestWrite" | "watchSessions" | "beat" | "beats">;
  readonly timers: Timers;
  readonly log: Pick<Logger, "warn">;
}

/** What this server has seen of a session. */
interface Life {
  /** How often it had been renewed when that was last looked for. */
  beats: number | undefined;
  /** When that was last seen to grow. */
  seenAt: number;
  /** When this server last told of a renewal. */
  toldAt: number;
  cancel: () => void;
}

/**
 * Sessions that several servers share. Whoever is asked to renew one sets its node's data anew, as they are, and all servers look at how often
 * that has been done. Any of them ends a session that it has not seen renewed: it does not matter which server a client asks, nor
 * which one is still there. While the ensemble is away nothing expires, and when it is back every TTL begins anew.
 */
export class SharedSessions implements Sessions {
  readonly #options: SharedSessionsOptions;
  readonly #lives = new Map<string, Life>();
  #unwatch: () => void = () => {};

  constructor(options: SharedSessionsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#unwatch = this.#options.store.watchSessions(() => this.#follow());
    this.#follow();
    // A server that finds the ensemble away leaves it to the next one that starts.
    this.#releaseStray().catch(() => undefined);
  }

  stop(): void {
    this.#unwatch();
    for (const { cancel } of this.#lives.values()) cancel();
    this.#lives.clear();
  }

  begin(fields: Omit<Session, "createIndex">): Promise<Begun | Refusal> {
    return beginIn(this.#options.store, fields);
  }

  async renew(id: string): Promise<Session | undefined> {
    const { store, timers } = this.#options;
    const session = store.now.session(id) ?? (await this.#lookUp(id));
    const life = this.#lives.get(id);
    if (!session || !life) return session;
    // All others have heard of it within this part of its TTL.
    if (timers.now() - life.toldAt < session.ttlMs / PARTS) return session;
    const at = timers.now();
    if (!(await store.beat(session))) return undefined;
    life.toldAt = at;
    life.seenAt = at;
    return session;
  }

  end(id: string): Promise<void> {
    return endInSteps(this.#options.store, id);
  }

  async #releaseStray(): Promise<void> {
    const { store, log } = this.#options;
    const { now } = store;
    if (now.list("").every(({ session }) => session === "" || now.session(session))) return;
    let released = 0;
    for (let last = 1; last > 0; released += last) {
      const { keys } = await store.submit({
        octets: 0,
        decide: (draft, { index }) => ({ ok: true, keys: releaseStray(draft, index, store.largestWrite) }),
      });
      last = keys.length;
    }
    log.warn(strayLine(released));
  }

  /** A session that this server may not have heard of yet: one that another server has just begun. */
  async #lookUp(id: string): Promise<Session | undefined> {
    const { session } = await this.#options.store.submit({
      octets: 0,
      decide: (draft) => ({ ok: true, session: draft.session(id) }),
    });
    return session;
  }

  /** Begins to look after sessions that are new, and stops with those that are gone. */
  #follow(): void {
    const { store, timers } = this.#options;
    for (const [id, { cancel }] of this.#lives) {
      if (store.now.session(id)) continue;
      cancel();
      this.#lives.delete(id);
    }
    for (const session of store.now.sessions()) {
      if (session.ttlMs === 0 || this.#lives.has(session.id)) continue;
      const now = timers.now();
      const life = { beats: undefined, seenAt: now, toldAt: Number.NEGATIVE_INFINITY, cancel: () => {} };
      this.#lives.set(session.id, life);
      this.#schedule(session, life);
    }
  }

  #schedule(session: Session, life: Life): void {
    life.cancel = this.#options.timers.after(session.ttlMs / PARTS, () => {
      this.#look(session, life)
        .catch(() => {
          // Whether others renew it cannot be seen. The store has said why.
          life.seenAt = this.#options.timers.now();
        })
        .finally(() => {
          if (this.#lives.get(session.id) === life) this.#schedule(session, life);
        });
    });
  }

  async #look({ id, ttlMs }: Session, life: Life): Promise<void> {
    const { store, timers } = this.#options;
    const beats = await store.beats(id);
    const now = timers.now();
    if (beats !== life.beats) {
      life.beats = beats;
      life.seenAt = now;
    } else if (now - life.seenAt >= ttlMs * TTLS) await this.end(id);
  }
}
