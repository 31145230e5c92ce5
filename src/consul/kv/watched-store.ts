import type { Change } from "./model.js";
import type { KvStore } from "./store.js";
import { Watches } from "./watches.js";

/** What stores have in common: who waits for which of their keys and sessions. */
export abstract class WatchedStore
  implements Pick<KvStore, "watchKey" | "watchPrefix" | "watchSession" | "watchSessions">
{
  readonly #keys = new Watches();
  readonly #sessions = new Watches();

  watchKey(key: string, listener: () => void): () => void {
    return this.#keys.watchKey(key, listener);
  }

  watchPrefix(prefix: string, listener: () => void): () => void {
    return this.#keys.watchPrefix(prefix, listener);
  }

  watchSession(id: string, listener: () => void): () => void {
    return this.#sessions.watchKey(id, listener);
  }

  watchSessions(listener: () => void): () => void {
    return this.#sessions.watchPrefix("", listener);
  }

  /** Calls those who wait for what these changes touch. The changes can be read by then. */
  protected wake(changes: readonly Change[]): void {
    this.#keys.wake(touchedKeys(changes));
    this.#sessions.wake(touchedSessions(changes));
  }
}

/** The keys that changes touch, each once. */
function touchedKeys(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap((change) => {
      if (change.kind === "set") return [change.entry.key];
      return change.kind === "release" || change.kind === "delete" ? [change.key] : [];
    }),
  );
}

/** The sessions that changes touch, each once. */
function touchedSessions(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap((change) => {
      if (change.kind === "session") return [change.session.id];
      return change.kind === "end" ? [change.id] : [];
    }),
  );
}
