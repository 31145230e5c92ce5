import type { Timers } from "../base/timers.js";

/** How many transfers there may be at one time. */
export interface TurnLimits {
  readonly maxTransfers: number;
  readonly maxTransfersPerClient: number;
}

/** How long a transfer waits for its turn. */
const WAIT_MS = 10_000;
/** Most transfers that wait, in all and of one client: more zones than a secondary asks for together. */
const MAX_WAITING = 1_000;
const MAX_WAITING_PER_CLIENT = 100;

interface Waiting {
  readonly client: string;
  readonly begin: () => void;
  readonly cancelTimer: () => void;
}

/** Lets as many transfers begin as may run at one time. The others wait, in the order of their arrival. */
export class TransferTurns {
  readonly #timers: Pick<Timers, "after">;
  #limits: TurnLimits;
  readonly #running = new Map<string, number>();
  #count = 0;
  #waiting: Waiting[] = [];

  constructor(timers: Pick<Timers, "after">, limits: TurnLimits) {
    this.#timers = timers;
    this.#limits = limits;
  }

  configure(limits: TurnLimits): void {
    this.#limits = limits;
    this.#next();
  }

  /** Transfers that have begun. */
  get running(): number {
    return this.#count;
  }

  /**
   * Calls `begin` when it is this client's turn: at once, or later. The caller calls `end` once after that. Calls `refuse` instead if that takes
   * too long.
   *
   * @returns a function that gives up waiting; it has no effect after `begin` or `refuse`
   */
  ask(client: string, begin: () => void, refuse: () => void): () => void {
    if (this.#mayBegin(client)) {
      this.#begin(client, begin);
      return () => {};
    }
    if (this.#waiting.length >= MAX_WAITING || this.#waitingOf(client) >= MAX_WAITING_PER_CLIENT) {
      refuse();
      return () => {};
    }
    const leave = () => {
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      waiting.cancelTimer();
    };
    const cancelTimer = this.#timers.after(WAIT_MS, () => {
      leave();
      refuse();
    });
    const waiting: Waiting = { client, begin, cancelTimer };
    this.#waiting.push(waiting);
    return leave;
  }

  /** A transfer of this client has ended. */
  end(client: string): void {
    const left = (this.#running.get(client) ?? 1) - 1;
    if (left === 0) this.#running.delete(client);
    else this.#running.set(client, left);
    this.#count--;
    this.#next();
  }

  /** Lets those begin whose turn it is. One may end at once, which calls this again: so what waits is looked at anew each time. */
  #next(): void {
    for (;;) {
      const waiting = this.#waiting.find(({ client }) => this.#mayBegin(client));
      if (!waiting) return;
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      waiting.cancelTimer();
      this.#begin(waiting.client, waiting.begin);
    }
  }

  #waitingOf(client: string): number {
    return this.#waiting.filter((each) => each.client === client).length;
  }

  #mayBegin(client: string): boolean {
    const { maxTransfers, maxTransfersPerClient } = this.#limits;
    return this.#count < maxTransfers && (this.#running.get(client) ?? 0) < maxTransfersPerClient;
  }

  #begin(client: string, begin: () => void): void {
    this.#running.set(client, (this.#running.get(client) ?? 0) + 1);
    this.#count++;
    begin();
  }
}
