import type { Clock } from "../../serving/clock.js";
import { CLOCK_MONOTONIC, TIMESPEC } from "./abi.js";
import type { System } from "./system.js";

/** The same clock as process.hrtime(), which allocates an object at every call. This one does not. */
export function systemClock(system: System): Clock {
  const memory = new Uint32Array(TIMESPEC.size / 4);
  const at = system.addressOf(new Uint8Array(memory.buffer));
  return (into) => {
    system.clock_gettime(CLOCK_MONOTONIC, at);
    into[0] = memory[SECONDS] * 1_000 + memory[NANOSECONDS] / 1e6;
  };
}

/** Indices of the low words. The high words stay 0: no machine runs that long. */
const SECONDS = TIMESPEC.offsets.tv_sec / 4;
const NANOSECONDS = TIMESPEC.offsets.tv_nsec / 4;
