import type { StaticRecord, StaticType } from "../../config/config.js";
import type { Health } from "../facts.js";
import { candidatesOf } from "./candidates.js";

/** A name whose answers depend on the health of its values. */
export interface PolicyState {
  readonly name: string;
  readonly type: StaticType;
  /** None of its values is healthy, so that all count as healthy. */
  readonly failedOpen: boolean;
}

/** What has become of all records with a policy. */
export function policiesOf(records: readonly StaticRecord[], health: Health): readonly PolicyState[] {
  return records
    .filter(({ policy }) => policy !== "simple")
    .map(({ name, type, policy, values }) => {
      return { name, type, failedOpen: candidatesOf(policy, values, (value) => isHealthy(value, health)).failedOpen };
    });
}

/** Whether a value is healthy. One without a check always is. */
export function isHealthy({ healthCheck, value }: StaticRecord["values"][number], health: Health): boolean {
  return healthCheck === undefined || health.isHealthy(healthCheck, value);
}
