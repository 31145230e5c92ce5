import type { Instance } from "../config/health.js";
import type { Overrides } from "./overrides.js";

/**
 * Which instances are unhealthy: what people say first, then the checks of targets, and of those the calculated ones. A calculated check
 * must not depend on itself.
 *
 * @param isUp what an instance's own checks say
 */
export function unhealthyOf(
  instances: ReadonlyMap<string, Instance>,
  isUp: (instance: string) => boolean,
  overrides: Overrides,
): ReadonlySet<string> {
  const known = new Map<string, boolean>();
  const judge = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const forced = overrides.get(name)?.force;
    const healthy = forced === undefined ? byChecks(name) : forced === "up";
    known.set(name, healthy);
    return healthy;
  };
  const byChecks = (name: string): boolean => {
    const check = instances.get(name)?.check;
    if (check?.type !== "calculated") return isUp(name);
    return check.checks.filter(judge).length >= check.healthy !== check.inverted;
  };
  return new Set([...instances.keys()].filter((name) => !judge(name)));
}
