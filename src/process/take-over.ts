/** Replaces a process that still answers: opens sockets that can share its ports beside it, the others when it has closed its own. */
import { MesosDnsError } from "../base/errors.js";
import type { Timers } from "../base/timers.js";

/** How often to try a port that the other process still has. */
const RETRY_MS = 100;

/**
 * Whether another process has the addresses.
 *
 * @param claim rejects if another process has them
 * @param mayShare whether sockets can be opened beside those of the other process
 * @throws {MesosDnsError} LISTEN_ADDRESS_IN_USE if they cannot, or any other error of `claim`
 */
export async function isInUse(claim: () => Promise<void>, mayShare: boolean): Promise<boolean> {
  try {
    await claim();
    return false;
  } catch (error) {
    if (mayShare && saysInUse(error)) return true;
    throw error;
  }
}

/** Calls `listen`. If an address is in use, adds to the error what the other process needs to be replaceable. */
export async function listenBeside(listen: () => Promise<void>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    if (!saysInUse(error)) throw error;
    const advice = "-take-over needs both processes to have the batch engine (udpEngine) and the same user";
    throw new MesosDnsError("LISTEN_ADDRESS_IN_USE", `${error.message}; ${advice}`, { cause: error });
  }
}

/**
 * Opens a socket that only one process can have, as soon as the other process has closed it.
 * @param onWait called once if it has to wait
 */
export async function whenFree<T>(
  open: () => Promise<T>,
  timers: Pick<Timers, "after">,
  onWait: (error: MesosDnsError) => void,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!saysInUse(error)) throw error;
      if (isFirst) onWait(error);
      await new Promise<void>((resolve) => timers.after(RETRY_MS, resolve));
    }
  }
}

function saysInUse(error: unknown): error is MesosDnsError {
  return error instanceof MesosDnsError && error.code === "LISTEN_ADDRESS_IN_USE";
}
