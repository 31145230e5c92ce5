/** Taking the place of a process that still answers: what can be shared is opened beside it, the rest when it has let go. */
import { MesosDnsError } from "../base/errors.js";
import type { Timers } from "../base/timers.js";

/** How often a port that the other process still has is tried. */
const RETRY_MS = 100;

/**
 * Finds out whether another process has the addresses.
 *
 * @param claim rejects where it has
 * @param mayShare whether sockets can be opened beside it
 * @throws {MesosDnsError} LISTEN_ADDRESS_IN_USE where they cannot, and whatever else keeps from listening
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

/** What `listen` does; where it fails, the error says what a process needs to let itself be replaced. */
export async function listenBeside(listen: () => Promise<void>): Promise<void> {
  try {
    await listen();
  } catch (error) {
    if (!saysInUse(error)) throw error;
    const advice = "-take-over needs both processes to have the batch engine (udpEngine) and the same user";
    throw new MesosDnsError("LISTEN_ADDRESS_IN_USE", `${error.message}; ${advice}`, { cause: error });
  }
}

/** Opens what only one process can have, as soon as nobody else has it. @param onWait called once, where that is not at once */
export async function whenFree<T>(
  open: () => Promise<T>,
  timers: Pick<Timers, "after">,
  onWait: () => void,
): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!saysInUse(error)) throw error;
      if (isFirst) onWait();
      await new Promise<void>((resolve) => timers.after(RETRY_MS, resolve));
    }
  }
}

function saysInUse(error: unknown): error is MesosDnsError {
  return error instanceof MesosDnsError && error.code === "LISTEN_ADDRESS_IN_USE";
}
