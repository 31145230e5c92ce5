import { readdirSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/**
 * Added to the nice value of threads that can wait. They get about a tenth of a processor that the responders want too, and all of
 * one that they do not want.
 */
const NICE_INCREMENT = 10;
const LOWEST = 19;

/** Lowers the priority of the calling thread below that of the responders, if the kernel has priorities for threads (Linux). */
export function lowerThreadPriority(): void {
  // The link contains the kernel's ids of the process and the thread: "1234/task/1240".
  quietly(() => lower(Number(readlinkSync("/proc/thread-self").split("/").at(-1))));
}

/**
 * The same for V8's helper threads, several of which collect the builder's garbage at the same time, and could take all
 * processors for it. Call it before any other thread is started.
 */
export function lowerHelperPriority(): void {
  quietly(() => {
    const helpers = readdirSync("/proc/self/task").map(Number);
    for (const thread of helpers.filter((each) => each !== process.pid)) lower(thread);
  });
}

/**
 * Gives all threads the priority of the process again, where the process may do that. Call it when the process ends: it is there until its last
 * thread has had a processor to end on, and where others want all processors, threads of low priority wait for that.
 */
export function restorePriorities(): void {
  quietly(() => {
    const own = getPriority();
    for (const thread of readdirSync("/proc/self/task").map(Number)) quietly(() => setPriority(thread, own));
  });
}

function lower(thread: number): void {
  setPriority(thread, Math.min(LOWEST, getPriority(thread) + NICE_INCREMENT));
}

/** Ignores errors: everything works without lower priorities, only less evenly. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}
