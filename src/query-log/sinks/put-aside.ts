import { type SinkFiles, statsOf } from "./sink-files.js";

/**
 * Moves a file to `PATH.1`, the one that was there to `PATH.2`, and so on up to the first number that is free; if none is, the last one goes.
 * Looks at all of them before it moves any: where one cannot be moved, another attempt would push the older ones over the end.
 * @param keepFiles how many numbers there are; 0 removes the file
 */
export async function putAside(path: string, keepFiles: number, files: SinkFiles): Promise<void> {
  if (keepFiles === 0) return files.rm(path, { force: true });
  const moved = [path];
  for (let number = 1; number <= keepFiles; number++) {
    const name = `${path}.${number}`;
    moved.push(name);
    const there = await statsOf(name, files);
    if (!there) break;
    if (!there.isFile()) throw new Error(`${name} is no regular file`);
  }
  for (let last = moved.length - 1; last > 0; last--) await files.rename(moved[last - 1], moved[last]);
}
