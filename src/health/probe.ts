import type { TargetCheck } from "../config/health.js";

/** A check of one target that is made once. */
export interface ProbeRequest {
  readonly check: TargetCheck;
  /** An IPv4 or IPv6 address. */
  readonly address: string;
  /** Called once, unless it is cancelled. @param error why the check failed, for people; `undefined` if it did not */
  readonly done: (error: string | undefined) => void;
}

/** Makes one check, and says how it ended. The caller limits the time. @returns a function that breaks it off */
export type Probe = (request: ProbeRequest) => () => void;
