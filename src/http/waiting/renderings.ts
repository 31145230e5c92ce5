import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";

/** The bytes of response bodies that are kept for later requests. The largest lists have a few million. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
/** What a kept body costs beside its octets and its topic: clients may choose topics, and ask for many small bodies. */
const OVERHEAD_BYTES = 512;
/** Compressing a smaller body would save no packet. */
const MIN_GZIP_BYTES = 1_400;

const compress = promisify(gzip);

/** The bytes of a response body, shared by all requests for it. */
export class Rendering {
  readonly index: number;
  readonly body: Buffer;
  #gzipped: Promise<Buffer> | undefined;
  #readyGzipped: Buffer | undefined;

  constructor(index: number, body: Buffer) {
    this.index = index;
    this.body = body;
  }

  get isWorthGzipping(): boolean {
    return this.body.length >= MIN_GZIP_BYTES;
  }

  /** The gzipped body. It is compressed once, on a thread of libuv's pool. */
  gzipped(): Promise<Buffer> {
    this.#gzipped ??= compress(this.body, { level: constants.Z_BEST_SPEED }).then((gzipped) => {
      this.#readyGzipped = gzipped;
      return gzipped;
    });
    return this.#gzipped;
  }

  /** The gzipped body, if compression has finished; else `undefined`. */
  get readyGzipped(): Buffer | undefined {
    return this.#readyGzipped;
  }
}

/** Keeps the current response bodies. The least recently requested ones are dropped first. */
export class Renderings {
  readonly #kept = new Map<string, Rendering>();
  #bytes = 0;

  /** The current body, if it is kept. */
  find(topic: string, index: number): Rendering | undefined {
    return this.#kept.get(topic)?.index === index ? this.get(topic, index, () => []) : undefined;
  }

  /** @param parts makes the text of the body, in pieces, if no current one is kept */
  get(topic: string, index: number, parts: () => readonly string[]): Rendering {
    const known = this.#kept.get(topic);
    this.#drop(topic);
    const rendering = known?.index === index ? known : new Rendering(index, bytesOf(parts()));
    if (costOf(topic, rendering) <= MAX_KEPT_BYTES) this.#keep(topic, rendering);
    return rendering;
  }

  forget(topics: Iterable<string>): void {
    for (const topic of topics) this.#drop(topic);
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #keep(topic: string, rendering: Rendering): void {
    this.#kept.set(topic, rendering);
    this.#bytes += costOf(topic, rendering);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MAX_KEPT_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(topic: string): void {
    const known = this.#kept.get(topic);
    if (!known) return;
    this.#kept.delete(topic);
    this.#bytes -= costOf(topic, known);
  }
}

function costOf(topic: string, { body }: Rendering): number {
  return body.length + 2 * topic.length + OVERHEAD_BYTES;
}

/** Piece by piece: all of it may be more than a string can hold. */
function bytesOf(parts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0));
  let length = 0;
  for (const part of parts) length += bytes.write(part, length);
  return bytes;
}
