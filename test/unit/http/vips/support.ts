import type { VipCounts } from "../../../../src/vips/table.js";

/** Those of a table without services. */
export const COUNTS: VipCounts = {
  services: 0,
  backends: { zero: 0, positive: 0 },
  skipped: new Map(),
  collisions: [],
  without: [],
};
