import { loadSystem, type System } from "../../../../src/transport/batch/system.js";

export const real = loadSystem();

/** The real system, but for some calls. */
export function systemWith(calls: Partial<System>): System {
  return { ...real, ...calls };
}
