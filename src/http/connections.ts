/** A bound on descriptors, which the DNS side needs too. */
const MAX_CONNECTIONS = 512;
/** Of one address: a busy dashboard has a few, and a quarter of all leaves room for others. */
const MAX_PER_ADDRESS = 128;

/** What is known of a connection. */
export interface Connection {
  readonly address: string;
  destroy(): void;
}

export interface ConnectionBounds {
  readonly all: number;
  readonly perAddress: number;
}

/**
 * Keeps connections below a number, in all and of one address. Where there is one too many, the one goes that has asked nothing for
 * the longest time, of that address or of all: whoever comes with a question, such as a health check, is let in.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  /** Whether an address speaks for many clients, and so is bound by the number of all alone. */
  readonly #isShared: (address: string) => boolean;
  /** Those that have asked last stand last. */
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();

  constructor(
    isShared: (address: string) => boolean,
    bounds: ConnectionBounds = { all: MAX_CONNECTIONS, perAddress: MAX_PER_ADDRESS },
  ) {
    this.#isShared = isShared;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#all.size;
  }

  add(connection: Connection): void {
    const { address } = connection;
    const own = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, own);
    this.#all.add(connection);
    own.add(connection);
    const isCrowded = own.size > this.#bounds.perAddress && !this.#isShared(address);
    const crowd = isCrowded ? own : this.#all;
    if (!isCrowded && this.#all.size <= this.#bounds.all) return;
    const [longestSilent] = crowd;
    if (!longestSilent) return;
    this.remove(longestSilent);
    longestSilent.destroy();
  }

  /** It has asked something. */
  asked(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    this.#all.add(connection);
    const own = this.#byAddress.get(connection.address);
    own?.delete(connection);
    own?.add(connection);
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    const own = this.#byAddress.get(connection.address);
    own?.delete(connection);
    if (own?.size === 0) this.#byAddress.delete(connection.address);
  }
}
