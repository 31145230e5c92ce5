import { readdirSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Added to the nice value of what can wait: about a tenth of the processor's time where answering threads want it too, all of it
 * where they do not.
 */
const PATIENCE = 10;
const LOWEST = 19;

/** Lets the calling thread wait for the answering ones, where the kernel has priorities for threads (Linux). */
export function yieldThread(): void {
  // The kernel's numbers for process and thread: "1234/task/1240".
  quietly(() => lower(Number(readlinkSync("/proc/thread-self").split("/").at(-1))));
}

/**
 * The same for the helpers that the engine has started: several of them collect the builder's garbage at a time, and would take
 * all processors for it. To be called before any other thread is started.
 */
export function yieldHelpers(): void {
  quietly(() => {
    const helpers = readdirSync("/proc/self/task").map(Number);
    for (const thread of helpers.filter((each) => each !== process.pid)) lower(thread);
  });
}

function lower(thread: number): void {
  setPriority(thread, Math.min(LOWEST, getPriority(thread) + PATIENCE));
}

/** Everything works without it, only not as evenly. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}
