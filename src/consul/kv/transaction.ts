import { Draft } from "./draft.js";
import type { Entry, KvView, Moment, Refusal } from "./model.js";
import { act, type Operation } from "./operations.js";

export interface Committed {
  readonly ok: true;
  /** What has been read and written, in order. A value is told of what has been read. */
  readonly results: readonly { readonly entry: Entry; readonly reads: boolean }[];
}

export interface RolledBack {
  readonly ok: false;
  /** Every operation that was refused. @property at its place among the operations, from 0 */
  readonly errors: readonly { readonly at: number; readonly refusal: Refusal }[];
}

/**
 * Does all operations on a draft. If any is refused, the draft is of no use any more. The others are tried all the same, so that a client
 * learns of every one that fails, as from Consul.
 */
export function transact(draft: Draft, operations: readonly Operation[], moment: Moment): Committed | RolledBack {
  const outcomes = operations.map((operation) => act(draft, operation, moment));
  const errors = outcomes.flatMap((outcome, at) => (outcome.ok ? [] : [{ at, refusal: outcome }]));
  if (errors.length > 0) return { ok: false, errors };
  const results = outcomes.flatMap((outcome) =>
    outcome.ok ? outcome.entries.map((entry) => ({ entry, reads: outcome.reads })) : [],
  );
  return { ok: true, results };
}

/** Nothing is written at this moment. */
const NEVER: Moment = { index: 0, now: 0, limits: { maxKeys: 0, maxBytes: 0 } };

/** Does operations that only read (`isReading`). They need not wait for writes, nor for a disk. */
export function inspect(view: KvView, operations: readonly Operation[]): Committed | RolledBack {
  return transact(new Draft(view), operations, NEVER);
}
