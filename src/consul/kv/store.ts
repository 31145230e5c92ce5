import type { Draft } from "./draft.js";
import type { KvView, Moment, Session } from "./model.js";

/** What is in the store now: all that has been acknowledged, and nothing else. */
export interface KvReadings extends KvView {
  /** The index of the last change. */
  readonly index: number;
  /** The index of the last change of any session. */
  readonly sessionsIndex: number;
  sessions(): readonly Session[];
  /** The index of the key's last change. If it is missing: of its deletion, or of a moment before it could be there. */
  keyIndex(key: string): number;
  /** Whether any key begins with `prefix`. */
  hasBelow(prefix: string): boolean;
  /** The index of the last change of any key that begins with `prefix`, deletions included. */
  prefixIndex(prefix: string): number;
}

/** A write, as a function of what there is. It may be called more than once, and each time on a draft of its own. */
export interface Write<Outcome extends { readonly ok: boolean }> {
  /** About how many octets it brings, for the limit of what may wait. */
  readonly octets: number;
  /** If the outcome is not `ok`, the draft's changes are dropped. */
  decide(draft: Draft, moment: Moment): Outcome;
}

/** Where keys are kept. */
export interface KvStore {
  readonly now: KvReadings;
  /** False while what is written cannot be kept: since a write failed, or while the ensemble is away. */
  readonly isWritable: boolean;
  /** About how many octets one write may change. */
  readonly largestWrite: number;
  /**
   * Calls the listener when the key has been written or deleted. The change can be read then.
   *
   * @returns a function that ends this, also from within the listener
   */
  watchKey(key: string, listener: () => void): () => void;
  /** The same for any key that begins with `prefix`. */
  watchPrefix(prefix: string, listener: () => void): () => void;
  /** The same for a session that begins or ends. */
  watchSession(id: string, listener: () => void): () => void;
  watchSessions(listener: () => void): () => void;
  /**
   * Settles when the changes are stored, or there are none. Writes take effect one after another.
   *
   * @throws {MesosDnsError} KV_FILE_UNWRITABLE, KV_FILE_TAKEN, KV_ENSEMBLE_AWAY, KV_TOO_LARGE, KV_BUSY; then nothing has
   * changed. KV_OUTCOME_UNKNOWN; then it may have
   */
  submit<Outcome extends { readonly ok: boolean }>(write: Write<Outcome>): Promise<Outcome>;
  /** Stores what waits. Nothing is taken after that. */
  close(): Promise<void>;
}
