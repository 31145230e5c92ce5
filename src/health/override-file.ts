import { join } from "node:path";
import { type WholeFiles, writeWhole } from "../base/whole-file.js";
import { formatOverrides, type Overrides, parseOverrides } from "./overrides.js";

/** The used part of `node:fs/promises`. */
export type OverrideFiles = WholeFiles & Pick<typeof import("node:fs/promises"), "readFile">;

const NAME = "health-overrides.json";

/** The overrides that were kept in this folder; none if there is no file. Rejects if the file cannot be read or makes no sense. */
export async function loadOverrides(folder: string, files: OverrideFiles): Promise<Overrides> {
  const path = join(folder, NAME);
  const text = await files.readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return new Map();
  const overrides = parseOverrides(text);
  if (!overrides) throw new Error(`${path} is damaged`);
  return overrides;
}

export async function saveOverrides(folder: string, overrides: Overrides, files: OverrideFiles): Promise<void> {
  await writeWhole({ folder, name: NAME, files }, [formatOverrides(overrides)]);
}
