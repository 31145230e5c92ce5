import type { Clock } from "../../serving/clock.js";
import { CLOCK_MONOTONIC, TIMESPEC } from "./abi.js";
import type { System } from "./system.js";

/** The clock that process.hrtime() tells as well, without the object that this makes of every time. */
export function systemClock(system: System): Clock {
  const memory = new Uint32Array(TIMESPEC.size / 4);
  const at = system.addressOf(new Uint8Array(memory.buffer));
  return (into) => {
    system.clock_gettime(CLOCK_MONOTONIC, at);
    into[0] = memory[SECONDS] * 1_000 + memory[NANOSECONDS] / 1e6;
  };
}

/** The low words of both, which no machine runs long enough to outgrow. */
const SECONDS = TIMESPEC.offsets.tv_sec / 4;
const NANOSECONDS = TIMESPEC.offsets.tv_nsec / 4;
