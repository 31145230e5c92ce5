import { messageOf } from "../base/errors.js";

export interface Ending {
  /** Ends the process in order, with status 0. Once: more calls do nothing. */
  readonly begin: () => Promise<void>;
  readonly hasBegun: () => boolean;
}

/** Has the process end when a person wants it. @param inOrder ends what has to end with it */
export function endWhenAsked(inOrder: () => Promise<void>): Ending {
  let hasBegun = false;
  const begin = async () => {
    if (hasBegun) return;
    hasBegun = true;
    await inOrder().catch(fail);
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void begin());
  // Whoever read what is shown here is gone.
  process.stdout.on("error", () => void begin());
  return { begin, hasBegun: () => hasBegun };
}

/** Ends the process with what went wrong. */
export function fail(error: unknown): never {
  process.stderr.write(`demo: ${messageOf(error)}\n`);
  process.exit(1);
}
