import type { System } from "./system.js";

/** The size of huge pages on x64, and on arm64 with the usual small ones. On other machines the kernel does what it can. */
export const HUGE_PAGE = 2 * 1024 * 1024;
const MADV_HUGEPAGE = 14;

/**
 * Asks the kernel to give this memory huge pages (madvise(2)), for as much of it as is aligned. It may decline, and does not change
 * what the memory contains.
 */
export function adviseHugePages(system: Pick<System, "addressOf" | "madvise">, memory: Uint8Array): void {
  const address = BigInt(system.addressOf(memory));
  const page = BigInt(HUGE_PAGE);
  const start = ((address + page - 1n) / page) * page;
  const length = ((address + BigInt(memory.length) - start) / page) * page;
  if (length > 0n) system.madvise(start, Number(length), MADV_HUGEPAGE);
}
