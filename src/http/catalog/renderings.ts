import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";

/** Octets of answers that are kept for those who ask for the same. The largest lists take a few million. */
const MAX_KEPT = 32 * 1024 * 1024;
/** Below this, packing saves no packet. */
const LEAST_PACKED = 1_400;

const pack = promisify(gzip);

/** The octets of an answer, which all who ask for it share. */
export class Rendering {
  readonly index: number;
  readonly body: Buffer;
  #packed: Promise<Buffer> | undefined;
  #readyPacked: Buffer | undefined;

  constructor(index: number, body: Buffer) {
    this.index = index;
    this.body = body;
  }

  get isWorthPacking(): boolean {
    return this.body.length >= LEAST_PACKED;
  }

  /** In gzip, by another thread, once. */
  packed(): Promise<Buffer> {
    this.#packed ??= pack(this.body, { level: constants.Z_BEST_SPEED }).then((packed) => {
      this.#readyPacked = packed;
      return packed;
    });
    return this.#packed;
  }

  /** The same where it is there already. */
  get readyPacked(): Buffer | undefined {
    return this.#readyPacked;
  }
}

/** Answers that have been asked for since they changed; those asked for longest ago go first. */
export class Renderings {
  readonly #kept = new Map<string, Rendering>();
  #octets = 0;

  /** @param parts the text of the answer, made where it is not kept */
  get(topic: string, index: number, parts: () => readonly string[]): Rendering {
    const known = this.#kept.get(topic);
    this.#drop(topic);
    const rendering = known?.index === index ? known : new Rendering(index, octetsOf(parts()));
    if (rendering.body.length <= MAX_KEPT) this.#keep(topic, rendering);
    return rendering;
  }

  forget(topics: Iterable<string>): void {
    for (const topic of topics) this.#drop(topic);
  }

  clear(): void {
    this.#kept.clear();
    this.#octets = 0;
  }

  #keep(topic: string, rendering: Rendering): void {
    this.#kept.set(topic, rendering);
    this.#octets += rendering.body.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#octets <= MAX_KEPT) return;
      this.#drop(oldest);
    }
  }

  #drop(topic: string): void {
    const known = this.#kept.get(topic);
    if (!known) return;
    this.#kept.delete(topic);
    this.#octets -= known.body.length;
  }
}

/** Piece by piece: all of it may be more than a string can hold. */
function octetsOf(parts: readonly string[]): Buffer {
  const octets = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0));
  let length = 0;
  for (const part of parts) length += octets.write(part, length);
  return octets;
}
