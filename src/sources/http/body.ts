import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** Size of the buffer for decompressed data. zlib's default of 16 KiB would take many more steps. */
const GUNZIP_CHUNK_BYTES = 256 * 1024;

export interface BodyOptions {
  readonly gzip: boolean;
  /** The largest (decompressed) body that is accepted, in bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** What is thrown for a larger one. */
  readonly tooLarge: () => Error;
  /** Receives the (decompressed) body part by part. It may keep each part. */
  readonly take: (part: Uint8Array) => void;
}

/**
 * Reads a body to its end, and decompresses it if it is gzipped. Throws what `tooLarge` makes, and what `take` and the stream throw.
 * @returns the size of the (decompressed) body in bytes
 */
export async function readBody(body: Readable, { gzip, signal, ...options }: BodyOptions): Promise<number> {
  let length = 0;
  let refusal: { readonly error: unknown } | undefined;
  const take = (part: Uint8Array) => {
    length += part.length;
    try {
      if (length > options.maxBytes) throw options.tooLarge();
      options.take(part);
    } catch (error) {
      refusal = { error };
      throw error;
    }
  };
  const collect = async (parts: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const part of parts) take(part);
  };
  try {
    if (gzip) await pipeline(body, createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES }), collect, { signal });
    else await pipeline(body, collect, { signal });
  } catch (error) {
    // A pipeline with a stage in the middle reports only that it was aborted, so rethrow the cause.
    throw refusal ? refusal.error : error;
  }
  return length;
}
