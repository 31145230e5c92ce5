/** What becomes of sessions and their locks: functions of a draft. */
import type { Draft } from "./draft.js";
import { MAX_LOCK_DELAY_MS, MAX_SESSIONS, type Moment, type Refusal, refused, type Session } from "./model.js";

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

/**
 * Ends a session: its keys are deleted or lose their lock, as its behavior says, and nobody may lock them until its lock delay is over, so
 * that the former holder has time to notice. Nothing happens if there is no such session.
 */
export function end(draft: Draft, id: string, { index, now }: Moment): { readonly ok: true } {
  const session = draft.session(id);
  if (!session) return { ok: true };
  const delay = Math.min(session.lockDelayMs, MAX_LOCK_DELAY_MS);
  for (const { key } of draft.heldBy(id)) {
    draft.apply({ kind: session.behavior, key, index });
    if (delay > 0) draft.apply({ kind: "delay", key, until: now + delay });
  }
  draft.apply({ kind: "end", id, index });
  return { ok: true };
}
