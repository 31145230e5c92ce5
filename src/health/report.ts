import type { Durations } from "./durations.js";
import type { Override } from "./overrides.js";
import type { CheckState } from "./state.js";

/** What there is to see of health checks: plain values, to be sent between threads. */
export interface HealthReport {
  readonly instances: readonly InstanceReport[];
  readonly durations: readonly (readonly [check: string, durations: Durations])[];
  /** Checks that began much later than they were due. */
  readonly late: number;
}

export interface InstanceReport {
  /** `edge@192.0.2.10` or `db`. */
  readonly name: string;
  readonly check: string;
  readonly type: string;
  /** The address; absent for a calculated check. */
  readonly address: string | undefined;
  /** What records are answered by: an override, or else its checks. */
  readonly isHealthy: boolean;
  /** What its own checks say; `undefined` if it is calculated. */
  readonly state: CheckState | undefined;
  /** How often `isHealthy` has changed. */
  readonly changes: number;
  /** Milliseconds since the epoch of the last of these changes. */
  readonly since: number | undefined;
  readonly override: Override | undefined;
}

/** What came of an override. */
export interface Overridden {
  /** Whether it is kept over a restart. */
  readonly isKept: boolean;
  readonly report: HealthReport;
}
