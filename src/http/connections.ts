/** A bound on descriptors, which the DNS side needs too. */
const MAX_CONNECTIONS = 512;
/** Of one address: a busy dashboard has a few, and a quarter of all leaves room for others. */
const MAX_PER_ADDRESS = 128;
/** Beside them, connections whose requests wait for news, or have waited for it. */
const MAX_WAITING = 4_096;
const MAX_WAITING_PER_ADDRESS = 1_024;

/** What is known of a connection. */
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
 * Keeps connections below a number, in all and of one address. Where there is one too many, the one goes that has asked nothing for
 * the longest time, of that address or of all: whoever comes with a question, such as a health check, is let in. One that waits for news
 * is silent on purpose: it does not count there, nor is it let go, but there are only so many of those.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  /** Whether an address speaks for many clients, and so is bound by the number of all alone. */
  readonly #isShared: (address: string) => boolean;
  /** Those that have asked last stand last. */
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

  /** It has asked something. */
  asked(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    this.#all.add(connection);
    const own = this.#byAddress.get(connection.address);
    own?.delete(connection);
    own?.add(connection);
  }

  /** It is to wait for news: it has a place of its own from now on, also between two such requests. False where none is left. */
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
