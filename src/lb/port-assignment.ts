import { createHash } from "node:crypto";

/** How often another number is tried that somebody has already, before the lowest free one is taken. */
const TRIES = 50;

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Gives service ports to apps that Marathon gives none: those whose tasks have addresses of their own. The same apps in the same
 * order get the same ports, on every load balancer.
 */
export class PortAssigner {
  readonly #range: PortRange;
  /** By app and port of its tasks. */
  readonly #ports = new Map<string, number | undefined>();
  readonly #taken = new Set<number>();

  constructor(range: PortRange) {
    this.#range = range;
  }

  /** @returns `undefined` if all are taken */
  assign(appId: string, taskPort: number): number | undefined {
    const key = `${appId}-${taskPort}`;
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const port = this.#find(key);
    this.#ports.set(key, port);
    if (port !== undefined) this.#taken.add(port);
    return port;
  }

  #find(key: string): number | undefined {
    const { min, max } = this.#range;
    const count = max - min + 1;
    if (this.#taken.size >= count) return undefined;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const digest = createHash("sha1").update(`${key}-${attempt}`).digest();
      const port = min + (digest.readUInt32BE(0) % count);
      if (!this.#taken.has(port)) return port;
    }
    for (let port = min; port <= max; port++) if (!this.#taken.has(port)) return port;
    return undefined;
  }
}
