/** What is known of one instance from its own checks. It is good until there is enough to judge. */
export interface CheckState {
  readonly isUp: boolean;
  /** Milliseconds since the epoch at which `isUp` last changed; `undefined` if it never has. */
  readonly since: number | undefined;
  /** Results in a row that say otherwise than `isUp`. */
  readonly against: number;
  /** Milliseconds since the epoch of the changes within the last `QUIET_MS` before the newest of them. */
  readonly changes: readonly number[];
  /** By what `successes` is multiplied. */
  readonly caution: number;
  readonly last: LastResult | undefined;
}

export interface CheckResult {
  /** Why the check failed, for people; `undefined` if it did not. */
  readonly error: string | undefined;
  readonly seconds: number;
}

export interface LastResult extends CheckResult {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Thresholds {
  /** Results in a row that make it bad. */
  readonly failures: number;
  /** Results in a row that make it good again. */
  readonly successes: number;
}

/** An instance that changes so often within this time is flapping. A time without changes ends it. */
const MANY_CHANGES = 3;
const QUIET_MS = 60_000;
/** Half an hour at the usual settings is as long as anybody should have to wait for a good target. */
const MOST_CAUTION = 16;

export const UNKNOWN: CheckState = {
  isUp: true,
  since: undefined,
  against: 0,
  changes: [],
  caution: 1,
  last: undefined,
};

/**
 * The state after another result. While an instance flaps, each further change doubles the results that it needs to be good again:
 * bad news always counts at once.
 *
 * @param at milliseconds since the epoch
 */
export function afterResult(before: CheckState, result: CheckResult, thresholds: Thresholds, at: number): CheckState {
  const state = calmed({ ...before, last: { ...result, at } }, at);
  const isGood = result.error === undefined;
  if (isGood === state.isUp) return { ...state, against: 0 };
  const against = state.against + 1;
  if (against < neededFor(isGood, thresholds, state)) return { ...state, against };
  const changes = [...state.changes.filter((change) => isRecent(change, at)), at].slice(-MANY_CHANGES);
  const caution = changes.length < MANY_CHANGES ? state.caution : Math.min(MOST_CAUTION, state.caution * 2);
  return { ...state, isUp: isGood, since: at, against: 0, changes, caution };
}

/** Results in a row that would turn the state. */
export function neededFor(isGood: boolean, { failures, successes }: Thresholds, { caution }: CheckState): number {
  return isGood ? successes * caution : failures;
}

/** Whether more results than usual are needed. */
export function isFlapping({ caution }: CheckState): boolean {
  return caution > 1;
}

function calmed(state: CheckState, at: number): CheckState {
  const newest = state.changes.at(-1);
  return newest === undefined || isRecent(newest, at) ? state : { ...state, changes: [], caution: 1 };
}

/** The clock may have been set back meanwhile: then nobody knows how long ago it was, and caution must not last until it has caught up. */
function isRecent(change: number, at: number): boolean {
  return Math.abs(at - change) < QUIET_MS;
}
