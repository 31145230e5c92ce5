import { type HealthCheck, instanceName } from "../../config/health.js";
import type { Health } from "../facts.js";

/** What health checks say at one moment. @param unhealthy the names of all instances that are */
export function healthOf(checks: readonly HealthCheck[], unhealthy: readonly string[]): Health {
  const byName = new Map(checks.map((check) => [check.name, check]));
  const names = new Set(unhealthy);
  return {
    isHealthy: (name, value) => {
      const check = byName.get(name);
      return check === undefined || !names.has(instanceName(check, value));
    },
  };
}
