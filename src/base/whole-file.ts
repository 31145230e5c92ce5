import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** The used part of `node:fs/promises`. */
export type WholeFiles = Pick<typeof import("node:fs/promises"), "open" | "rename" | "rm">;

export interface WholeFile {
  readonly folder: string;
  readonly name: string;
  readonly files: WholeFiles;
}

/** Tells a file from one that has taken its place, which may have its inode: it is free again when the file before has gone. */
export function identityOf({ ino, mtimeNs }: { readonly ino: bigint; readonly mtimeNs: bigint }): string {
  return `${ino} ${mtimeNs}`;
}

/**
 * Writes and renames, so that the file always has either its former content or this one as a whole, even if the machine stops. The
 * unfinished file is called `name.` and 32 hexadecimal digits and `.new`.
 *
 * @returns what tells this file from others of its name (`identityOf`)
 */
export async function writeWhole(
  { folder, name, files }: WholeFile,
  content: Iterable<Uint8Array | string>,
): Promise<string> {
  // The name cannot be guessed, and "wx" requires a new file. So no other user of the folder can have placed a link there.
  const unfinished = join(folder, `${name}.${randomBytes(16).toString("hex")}.new`);
  const file = await files.open(unfinished, "wx", 0o600);
  try {
    for (const piece of content) await file.writeFile(piece);
    await file.sync();
    const identity = identityOf(await file.stat({ bigint: true }));
    await files.rename(unfinished, join(folder, name));
    return identity;
  } catch (error) {
    await files.rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
