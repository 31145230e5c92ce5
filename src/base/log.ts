import { destination, type Logger, pino, stdTimeFunctions } from "pino";
import { printableJson } from "./printable.js";

export type { Logger };

/** `-v=0|1|2`, the verbosity of Mesos-DNS: 0 what an operator must know, 1 every change, 2 everything. */
export type Verbosity = 0 | 1 | 2;

const LEVELS = ["info", "debug", "trace"] as const;

/**
 * JSON lines on standard error, written synchronously so that the last words of a dying process are not lost and
 * worker threads can log without passing through the main thread. Never a line per query.
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
