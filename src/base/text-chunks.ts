/** Characters of a chunk: enough for one write, and few enough not to block the event loop. */
export const CHUNK_SIZE = 64 * 1024;

/** Joins pieces of text into chunks of at least `size` characters. Only the last chunk may be shorter. */
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
