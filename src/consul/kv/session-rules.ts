/** What becomes of sessions and their locks: functions of a draft. */
import type { Draft } from "./draft.js";
import { MAX_LOCK_DELAY_MS, MAX_SESSIONS, type Moment, type Refusal, refused, type Session } from "./model.js";
import { octetsOf } from "./state.js";
import type { KvStore } from "./store.js";

/** About how many octets of a store a session takes. */
const OCTETS = 512;
/** What a key that loses its lock takes beside itself and its value, about, with its delay. */
const NODE = 4_096;

export interface Begun {
  readonly ok: true;
  readonly session: Session;
}

/** Begins a session. */
export function begin(draft: Draft, fields: Omit<Session, "createIndex">, { index }: Moment): Begun | Refusal {
  if (draft.sizes.sessions >= MAX_SESSIONS) {
    return refused("full", `there are ${MAX_SESSIONS} sessions, and no more may be open; destroy some first`);
  }
  const session = { ...fields, createIndex: index };
  draft.apply({ kind: "session", session });
  return { ok: true, session };
}

/** Begins a session and stores it. @throws as the store's `submit` does */
export function beginIn(
  store: Pick<KvStore, "submit">,
  fields: Omit<Session, "createIndex">,
): Promise<Begun | Refusal> {
  return store.submit<Begun | Refusal>({ octets: OCTETS, decide: (draft, moment) => begin(draft, fields, moment) });
}

export interface Ended {
  readonly ok: true;
  /** Whether there are more keys than one write may change: end it again. */
  readonly isPartial: boolean;
}

/**
 * Ends a session: its keys are deleted or lose their lock, as its behavior says, and nobody may lock them until its lock delay is over, so
 * that the former holder has time to notice. Nothing happens if there is no such session.
 *
 * @param room about how many octets of keys and values may change; of one key, whatever it has
 */
export function end(draft: Draft, id: string, { index, now }: Moment, room: number): Ended {
  const session = draft.session(id);
  if (!session) return { ok: true, isPartial: false };
  const delay = Math.min(session.lockDelayMs, MAX_LOCK_DELAY_MS);
  let octets = 0;
  for (const entry of draft.heldBy(id)) {
    const { key } = entry;
    octets += octetsOf(entry) + NODE;
    if (octets > room && octets > octetsOf(entry) + NODE) return { ok: true, isPartial: true };
    draft.apply({ kind: session.behavior, key, index });
    if (delay > 0) draft.apply({ kind: "delay", key, until: now + delay });
  }
  draft.apply({ kind: "end", id, index });
  return { ok: true, isPartial: false };
}

/**
 * Frees locks of sessions that there are not: nothing else would.
 *
 * @param room about how many octets of keys and values may change; of one key, whatever it has
 * @returns the keys whose locks are free now; those that there is no room for are left for another call
 */
export function releaseStray(draft: Draft, index: number, room: number): readonly string[] {
  const released: string[] = [];
  let octets = 0;
  for (const entry of draft.list("")) {
    if (entry.session === "" || draft.session(entry.session)) continue;
    octets += octetsOf(entry) + NODE;
    if (octets > room && released.length > 0) break;
    draft.apply({ kind: "release", key: entry.key, index });
    released.push(entry.key);
  }
  return released;
}

/** What to say of such locks. */
export function strayLine(keys: number): string {
  return `${keys} locks of sessions that are not there have been released: what was kept of these sessions could not be read`;
}

/** Ends a session in as many writes as that takes. Also if there is no such session. @throws as the store's `submit` does */
export async function endInSteps(store: Pick<KvStore, "submit" | "largestWrite">, id: string): Promise<void> {
  let ended: Ended;
  do {
    ended = await store.submit<Ended>({
      octets: 0,
      decide: (draft, moment) => end(draft, id, moment, store.largestWrite),
    });
  } while (ended.isPartial);
}
