import files from "node:fs/promises";
import { MesosDnsError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { runCommand } from "../base/run-command.js";
import { systemTimers } from "../base/timers.js";
import type { VipNodeSettings, VipSettings } from "../config/vips.js";
import { probeTarget } from "../health/probes.js";
import { HaproxyPlane } from "./haproxy/plane.js";
import { ProbedTargets } from "./nftables/adjustment.js";
import { NftablesPlane } from "./nftables/plane.js";
import type { Adjustment } from "./node.js";
import type { DataPlane } from "./plane.js";
import { LocalRoutes } from "./routes.js";

/** A data plane, and what else finds out which targets are dead where the plane itself does not. */
export interface PlaneParts {
  readonly plane: DataPlane;
  readonly adjust?: Adjustment | undefined;
}

/** The plane of a configuration. @throws {MesosDnsError} USAGE if it is none */
export function planeFor(settings: VipSettings & VipNodeSettings, log: Pick<Logger, "warn">): PlaneParts {
  const { dataPlane, runDir, maxConnections, drainSeconds, ipv4Range, ipv6Range, probe } = settings;
  const ranges = { ip: ipv4Range, ip6: ipv6Range };
  const routes = new LocalRoutes({ run: runCommand, timers: systemTimers, ranges });
  switch (dataPlane) {
    case "none":
      throw new MesosDnsError("USAGE", 'vips.dataPlane is "none": set it to "haproxy" or "nftables"');
    case "haproxy": {
      const kill = (pid: number, signal: NodeJS.Signals) => void process.kill(pid, signal);
      const haproxy = { runDir, maxConnections, drainSeconds };
      const common = { run: runCommand, files, kill, timers: systemTimers, log, ranges, routes };
      return { plane: new HaproxyPlane({ settings: haproxy, ...common }) };
    }
    case "nftables": {
      const plane = new NftablesPlane({ run: runCommand, routes, log, ranges });
      const probing = { plane, timers: systemTimers, wallClock: Date.now, probe: probeTarget };
      return { plane, adjust: probe ? new ProbedTargets(probing) : undefined };
    }
  }
}
