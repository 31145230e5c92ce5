import { destination, type Logger, pino, stdTimeFunctions } from "pino";
import { printableJson } from "./printable.js";

export type { Logger };

/** `-v=0|1|2`, as in Mesos-DNS: 0 logs what an operator must know, 1 every change, 2 everything. */
export type Verbosity = 0 | 1 | 2;

const LEVELS = ["info", "debug", "trace"] as const;

/**
 * Logs JSON lines to standard error. Writes synchronously, so that the last lines before the process ends are not lost, and
 * worker threads need not log through the main thread. There must never be a line per query.
 */
export function createLogger(verbosity: Verbosity, thread: string): Logger {
  return pino(
    {
      level: LEVELS[verbosity],
      base: { thread },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: printableJson },
      redact: { paths: ["*.secret", "*.private_key", "*.token", "*.authorization"], censor: "[hidden]" },
    },
    destination({ fd: 2, sync: true }),
  );
}
