import { type ErrorCode, MesosDnsError } from "../base/errors.js";
import { delay, type Timers } from "../base/timers.js";

const STEP_MS = 20;
/** How long a new worker may take to answer. */
const ANSWER_MS = 10_000;
/** How long nobody may be there while one worker takes over from another. */
const GONE_MS = 500;

export interface UntilOptions {
  readonly timers: Timers;
  /** Of the error. */
  readonly code: ErrorCode;
  /** Whether it has ended meanwhile: there is nothing to wait for then. */
  readonly isGone?: () => Promise<boolean>;
}

/** Waits until HAProxy has done what it was told, which `check` finds out. Rejects after 10 s, and when HAProxy has ended. */
export async function untilHaproxy(
  what: string,
  check: () => Promise<boolean>,
  { timers, code, isGone = async () => false }: UntilOptions,
): Promise<void> {
  const deadline = timers.now() + ANSWER_MS;
  let thereAt = timers.now();
  // While one worker takes over from another, nobody may answer.
  while (!(await check().catch(() => false))) {
    const now = timers.now();
    if (!(await isGone())) thereAt = now;
    if (now - thereAt > GONE_MS) throw new MesosDnsError(code, `haproxy has ended, and did not ${what}`);
    if (now > deadline) throw new MesosDnsError(code, `haproxy did not ${what} within ${ANSWER_MS / 1_000} s`);
    await delay(timers, STEP_MS).elapsed;
  }
}
