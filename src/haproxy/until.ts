import { type ErrorCode, MesosDnsError } from "../base/errors.js";
import { delay, type Timers } from "../base/timers.js";

const STEP_MS = 20;
/** How long a new worker may take to answer. */
const ANSWER_MS = 10_000;

export interface UntilOptions {
  readonly timers: Timers;
  /** Of the error. */
  readonly code: ErrorCode;
}

/** Waits until HAProxy has done what it was told, which `check` finds out. Rejects after 10 s. */
export async function untilHaproxy(
  what: string,
  check: () => Promise<boolean>,
  { timers, code }: UntilOptions,
): Promise<void> {
  const deadline = timers.now() + ANSWER_MS;
  // While one worker takes over from another, nobody may answer.
  while (!(await check().catch(() => false))) {
    if (timers.now() > deadline) {
      throw new MesosDnsError(code, `haproxy did not ${what} within ${ANSWER_MS / 1_000} s`);
    }
    await delay(timers, STEP_MS).elapsed;
  }
}
