/** Gives threads a share of a processor each, so that the cores are left free for whoever asks them: cgroups of Linux, version 1. */
import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CONTROLLER = "/sys/fs/cgroup/cpu";
/** Short, so that a thread whose share is used up does not let its receive buffer overflow. */
const PERIOD_US = 5_000;

export function canLimit() {
  try {
    accessSync(join(CONTROLLER, "cpu.cfs_quota_us"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {readonly string[]} threads ids of threads, as in /proc
 * @param {number} share of one processor, for each
 * @returns what takes the limit away again
 */
export function limitThreads(threads, share) {
  for (const thread of threads) {
    const group = groupOf(thread);
    mkdirSync(group);
    writeFileSync(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
    writeFileSync(join(group, "cpu.cfs_quota_us"), String(Math.round(PERIOD_US * share)));
    writeFileSync(join(group, "tasks"), thread);
  }
  return () => {
    for (const thread of threads) {
      writeFileSync(join(CONTROLLER, "tasks"), thread);
      rmdirSync(groupOf(thread));
    }
  };
}

function groupOf(thread) {
  return join(CONTROLLER, `mesos-dns-bench-${thread}`);
}
