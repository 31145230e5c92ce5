import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { MesosDnsError } from "../errors.js";

/** Bytes unpacked at a time: fewer, larger steps than zlib's 16 KiB. */
const GUNZIP_CHUNK_BYTES = 256 * 1024;
const SMALLEST_BUFFER_BYTES = 256 * 1024;

export interface BodyOptions {
  readonly gzip: boolean;
  /** Bytes (unpacked) above which the body is refused. */
  readonly maxBytes: number;
  /** Bytes to make room for at first; memory that is never written to costs nothing. */
  readonly expectedBytes: number;
  readonly signal: AbortSignal;
  /** What refuses a body over its limit. */
  readonly who: string;
}

/** Reads a body to its end, unpacking it if need be. Throws MesosDnsError STATE_TOO_LARGE, and what the stream throws. */
export async function readBody(body: Readable, options: BodyOptions): Promise<Uint8Array> {
  const collected = new Collector(options);
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) collected.add(chunk);
  };
  if (options.gzip) {
    await pipeline(body, createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES }), collect, { signal: options.signal });
  } else {
    await pipeline(body, collect, { signal: options.signal });
  }
  return collected.bytes();
}

/** One buffer that doubles: at 75 MB, a list of chunks joined at the end would need the whole a second time. */
class Collector {
  readonly #options: BodyOptions;
  #buffer: Buffer;
  #length = 0;

  constructor(options: BodyOptions) {
    this.#options = options;
    const room = Math.max(SMALLEST_BUFFER_BYTES, options.expectedBytes);
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(room, options.maxBytes));
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#options.maxBytes) throw tooLarge(this.#options);
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const room = Math.min(Math.max(length, this.#buffer.length * 2), this.#options.maxBytes);
    const larger = Buffer.allocUnsafeSlow(room);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

export function tooLarge({ who, maxBytes }: Pick<BodyOptions, "who" | "maxBytes">): MesosDnsError {
  const message = `the state of ${who} is larger than ${maxBytes} bytes; if the cluster is that large, raise stateMaxBytes`;
  return new MesosDnsError("STATE_TOO_LARGE", message);
}
