/** Leaves file descriptors for DNS. */
const MAX_CONNECTIONS = 512;
/** Connections of one address: a busy dashboard has a few. A quarter of all leaves room for others. */
const MAX_PER_ADDRESS = 128;
/** Connections whose requests wait for a change, or have waited for one. They are counted apart. */
const MAX_WAITING = 4_096;
const MAX_WAITING_PER_ADDRESS = 1_024;

/** A connection that is counted. */
export interface Connection {
  readonly address: string;
  destroy(): void;
}

export interface ConnectionBounds {
  readonly all: number;
  readonly perAddress: number;
  readonly waiting: number;
  readonly waitingPerAddress: number;
}

const BOUNDS: ConnectionBounds = {
  all: MAX_CONNECTIONS,
  perAddress: MAX_PER_ADDRESS,
  waiting: MAX_WAITING,
  waitingPerAddress: MAX_WAITING_PER_ADDRESS,
};

/**
 * Limits the number of connections, in total and per address. If there is one too many, closes the one whose last request is the
 * oldest, of that address or of all. So a new client, such as a health check, is always let in. A connection with a request that
 * waits for a change is idle on purpose: it is counted apart, with limits of its own, and never closed for others.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  /** Whether an address is that of a proxy, which stands for many clients: only the total limit applies to it. */
  readonly #isShared: (address: string) => boolean;
  /** In the order of their last requests. */
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();
  readonly #waiting = new Set<Connection>();
  readonly #waitingByAddress = new Map<string, number>();

  constructor(isShared: (address: string) => boolean, bounds: ConnectionBounds = BOUNDS) {
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

  /** Call this at each request. */
  asked(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    this.#all.add(connection);
    const own = this.#byAddress.get(connection.address);
    own?.delete(connection);
    own?.add(connection);
  }

  /**
   * Counts the connection apart from now on, because its request waits for a change; also between two such requests. Returns false
   * if the limit is reached.
   */
  seat(connection: Connection): boolean {
    if (this.#waiting.has(connection)) return true;
    const { address } = connection;
    const { waiting, waitingPerAddress } = this.#bounds;
    const own = this.#waitingByAddress.get(address) ?? 0;
    const isCrowded = own >= waitingPerAddress && !this.#isShared(address);
    if (!this.#all.has(connection) || isCrowded || this.#waiting.size >= waiting) return false;
    this.remove(connection);
    this.#waiting.add(connection);
    this.#waitingByAddress.set(address, own + 1);
    return true;
  }

  remove(connection: Connection): void {
    if (this.#waiting.delete(connection)) {
      const left = (this.#waitingByAddress.get(connection.address) ?? 1) - 1;
      if (left > 0) this.#waitingByAddress.set(connection.address, left);
      else this.#waitingByAddress.delete(connection.address);
    }
    this.#all.delete(connection);
    const own = this.#byAddress.get(connection.address);
    own?.delete(connection);
    if (own?.size === 0) this.#byAddress.delete(connection.address);
  }
}
