import { loadSystem, type System } from "../../../../src/transport/batch/system.js";

export const real = loadSystem();

/** The real system, with some calls replaced. */
export function systemWith(calls: Partial<System>): System {
  return { ...real, ...calls };
}
