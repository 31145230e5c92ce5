import type { Logger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { VipNodeSettings, VipSettings } from "../config/vips.js";
import { probeTarget } from "../health/probes.js";
import { ProbedTargets } from "./nftables/adjustment.js";
import { NftablesPlane } from "./nftables/plane.js";
import type { Adjustment } from "./node.js";
import type { DataPlane } from "./plane.js";
import { runCommand } from "./run-command.js";

/** A data plane, and what it needs to know of targets that it does not find out itself. */
export interface PlaneParts {
  readonly plane: DataPlane;
  readonly adjust?: Adjustment | undefined;
}

export function planeFor(settings: VipSettings & VipNodeSettings, log: Pick<Logger, "warn">): PlaneParts {
  const { ipv4Range, ipv6Range, probe } = settings;
  const ranges = { ip: ipv4Range, ip6: ipv6Range };
  const plane = new NftablesPlane({ run: runCommand, timers: systemTimers, log, ranges });
  const probed = { plane, timers: systemTimers, wallClock: Date.now, probe: probeTarget };
  return { plane, adjust: probe ? new ProbedTargets(probed) : undefined };
}
