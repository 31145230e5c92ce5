import type { RecordPolicy, StaticValue } from "../../config/static-record.js";
import { PICK, type PickWay } from "../../wire/prepared.js";

/** What a policy leaves of a record's values. */
export interface Candidates {
  /** At least one; in their order. */
  readonly values: readonly StaticValue[];
  /** How an answer picks of them. */
  readonly pick: PickWay;
  /** No value is healthy, so that all count as healthy: an answer that may work is better than none. */
  readonly failedOpen: boolean;
}

/**
 * The values that may be answered:
 *
 * - simple: all.
 * - weighted: the healthy ones of weight above 0; else the healthy ones of weight 0; else, as if all were healthy, those of weight
 *   above 0; else all.
 * - failover: the first healthy one, else the first.
 * - multivalue: the healthy ones, else all.
 */
export function candidatesOf(
  policy: RecordPolicy,
  values: readonly StaticValue[],
  isHealthy: (value: StaticValue) => boolean,
): Candidates {
  if (policy === "simple") return { values, pick: PICK.ALL, failedOpen: false };
  const healthy = values.filter(isHealthy);
  const failedOpen = healthy.length === 0;
  const counting = failedOpen ? values : healthy;
  if (policy === "failover") return { values: counting.slice(0, 1), pick: PICK.ALL, failedOpen };
  if (policy === "multivalue") return { values: counting, pick: PICK.SOME, failedOpen };
  const weighty = counting.filter(({ weight }) => weight > 0);
  return { values: weighty.length > 0 ? weighty : counting, pick: PICK.ONE, failedOpen };
}
