import type { Stats } from "node:fs";
import { hasCode } from "../../base/errors.js";

/** The used part of `node:fs/promises`. */
export type SinkFiles = Pick<typeof import("node:fs/promises"), "open" | "rename" | "rm" | "stat">;

/** `undefined` if there is nothing. */
export async function statsOf(path: string, files: Pick<SinkFiles, "stat">): Promise<Stats | undefined> {
  try {
    return await files.stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
