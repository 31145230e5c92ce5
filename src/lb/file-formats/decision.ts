/** What is known when it is to be decided what happens to the configuration. Times are milliseconds of any clock. */
export interface Situation {
  /** Whether what is wanted is not what HAProxy has read. */
  readonly isNew: boolean;
  /** Whether somebody has asked for a reload whatever is written. */
  readonly isAsked: boolean;
  /** Whether HAProxy is this program's own, and not there. */
  readonly isGone: boolean;
  readonly now: number;
  /** Since when a reload has been wanted; `undefined` if it has not been. */
  readonly wantedSince: number | undefined;
  /** When the last one was. */
  readonly reloadedAt: number;
  readonly coalesceMs: number;
  readonly minIntervalMs: number;
}

export type Decision =
  | { readonly kind: "nothing" }
  /** Nobody is served: there is nothing to wait for. */
  | { readonly kind: "start" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "reload" };

/** Changes that come together are one reload, and there is no other one too soon after it. */
export function decide(situation: Situation): Decision {
  const { isNew, isAsked, isGone, now, wantedSince = now } = situation;
  if (isGone) return { kind: "start" };
  if (!isNew && !isAsked) return { kind: "nothing" };
  const at = Math.max(wantedSince + situation.coalesceMs, situation.reloadedAt + situation.minIntervalMs);
  return now < at ? { kind: "wait", ms: at - now } : { kind: "reload" };
}
