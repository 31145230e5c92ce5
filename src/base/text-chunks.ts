/** Characters a chunk holds before it goes out: enough for one write, few enough that making one holds nobody up. */
export const CHUNK_SIZE = 64 * 1024;

/** Joins pieces of text to chunks of `size` characters or a little more; the last one may be shorter. */
export function* inChunks(pieces: Iterable<string>, size = CHUNK_SIZE): Generator<string> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < size) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
