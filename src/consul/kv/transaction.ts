import { Draft } from "./draft.js";
import { type Entry, type KvView, type Moment, type Refusal, refused } from "./model.js";
import { act, type Done, type Operation } from "./operations.js";
import { octetsOf } from "./state.js";

/** Octets of all keys and values that the results may have, with what each result takes beside them. */
export const MAX_RESULTS = 8_388_608;
const RESULT = 128;

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

const TOO_MUCH = refused(
  "large",
  `the transaction's results are too large (max ${MAX_RESULTS} octets of keys and values): ask for less with each, or read keys with ?recurse`,
);

/** What one result counts. */
export function resultOctets(entry: Entry): number {
  return octetsOf(entry) + RESULT;
}

/**
 * Does all operations on a draft. If any is refused, the draft is of no use any more. The others are tried all the same, so that a client
 * learns of every one that fails, as from Consul; but not beyond what the results may have.
 */
export function transact(draft: Draft, operations: readonly Operation[], moment: Moment): Committed | RolledBack {
  const outcomes: (Done | Refusal)[] = [];
  let octets = 0;
  for (const operation of operations) {
    const outcome = act(draft, operation, moment);
    outcomes.push(outcome);
    for (const entry of outcome.ok ? outcome.entries : []) octets += resultOctets(entry);
    if (octets > MAX_RESULTS) return { ok: false, errors: [{ at: outcomes.length - 1, refusal: TOO_MUCH }] };
  }
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
