import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { MesosDnsError } from "../../base/errors.js";

/** Bytes unpacked at a time: fewer, larger steps than zlib's 16 KiB. */
const GUNZIP_CHUNK_BYTES = 256 * 1024;

export interface BodyOptions {
  readonly gzip: boolean;
  /** Bytes (unpacked) above which the body is refused. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** What refuses a body over its limit. */
  readonly who: string;
  /** Is given the body (unpacked) part by part, each to keep. */
  readonly take: (part: Uint8Array) => void;
}

/**
 * Reads a body to its end, unpacking it if need be. Throws MesosDnsError STATE_TOO_LARGE, and what `take` and the stream throw.
 * @returns its bytes (unpacked)
 */
export async function readBody(body: Readable, { gzip, signal, ...options }: BodyOptions): Promise<number> {
  let length = 0;
  let refusal: { readonly error: unknown } | undefined;
  const take = (part: Uint8Array) => {
    length += part.length;
    try {
      if (length > options.maxBytes) throw tooLarge(options);
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
    // A pipeline with a stage in the middle only says that it was aborted.
    throw refusal ? refusal.error : error;
  }
  return length;
}

export function tooLarge({ who, maxBytes }: Pick<BodyOptions, "who" | "maxBytes">): MesosDnsError {
  const message = `the state of ${who} is larger than ${maxBytes} bytes; if the cluster is that large, raise stateMaxBytes`;
  return new MesosDnsError("STATE_TOO_LARGE", message);
}
