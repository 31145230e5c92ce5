import * as files from "node:fs/promises";
import { runCommand } from "../base/run-command.js";
import { systemTimers } from "../base/timers.js";
import type { LbSettings } from "../config/lb.js";
import { HaproxyProcess } from "../haproxy/process.js";
import { pathsOf } from "../lb/options.js";

/** The first version with all that a configuration needs. */
const OLDEST = [2, 4] as const;

/** HAProxy as this configuration has it. */
export function processOf(settings: LbSettings): HaproxyProcess {
  const { folder, name } = pathsOf(settings);
  return new HaproxyProcess({
    settings: { runDir: folder, name, binary: settings.haproxy.binary, code: "LB_HAPROXY", oldest: OLDEST },
    run: runCommand,
    files,
    kill: (pid, signal) => process.kill(pid, signal),
    timers: systemTimers,
  });
}
