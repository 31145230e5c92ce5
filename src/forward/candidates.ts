import type { Attempt } from "./attempt.js";
import type { Upstream } from "./upstream.js";

/** State of a candidate in a resolution; 0 before it is asked. */
const ASKED = 1;
const SILENT = 2;
/** The network failed, or the reply could not be used. Earlier attempts may still be answered. */
export const FAILED = 3;
/** It replied SERVFAIL or REFUSED. */
export const DECLINED = 4;

/** The upstreams that one question may be sent to, in the order of preference, and the state of each. */
export class Candidates {
  readonly upstreams: readonly Upstream[];
  readonly #endsAt: number;
  readonly #states: Uint8Array;
  /** Attempts made with each: the resolution waits twice as long for every further one. */
  readonly #rounds: Uint8Array;
  /** Attempts with each whose reply may still arrive. */
  readonly #open: Uint8Array;
  /** When each was asked last, and from when its reply is late: milliseconds on the resolution's clock. */
  readonly #askedAt: Float64Array;
  readonly #dueAt: Float64Array;
  /** 1 for those whose last attempt had mixed case. */
  readonly #mixed: Uint8Array;
  #next = 0;

  constructor(upstreams: readonly Upstream[], endsAt: number) {
    const { length } = upstreams;
    this.upstreams = upstreams;
    this.#endsAt = endsAt;
    this.#states = new Uint8Array(length);
    this.#rounds = new Uint8Array(length);
    this.#open = new Uint8Array(length);
    this.#askedAt = new Float64Array(length);
    this.#dueAt = new Float64Array(length);
    this.#mixed = new Uint8Array(length);
  }

  /** Whether no reply is outstanding. */
  get isIdle(): boolean {
    return this.#open.every((open) => open === 0);
  }

  /** Whether no answer can come any more. Upstreams that have declined do not count: they would decline again. */
  get isExhausted(): boolean {
    return this.#open.every((open, i) => open === 0 || this.#states[i] === DECLINED);
  }

  /**
   * The next candidate to ask: first those not asked yet, then those that are silent. Undefined if there is none.
   *
   * @param hasRoom whether an upstream can take another query
   */
  takeNext(hasRoom: (upstream: Upstream) => boolean): number | undefined {
    const count = this.upstreams.length;
    for (let i = 0; i < count; i++) {
      const candidate = (this.#next + i) % count;
      if (this.#states[candidate] >= FAILED || this.#states[candidate] === ASKED) continue;
      if (!hasRoom(this.upstreams[candidate])) continue;
      this.#next = candidate + 1;
      return candidate;
    }
    return undefined;
  }

  /** Notes an attempt. @param patience milliseconds after which the first attempt with a candidate is late */
  asked({ candidate, isRespelled }: Attempt, now: number, patience: number): void {
    this.setState(candidate, ASKED);
    this.#open[candidate]++;
    this.#mixed[candidate] = Number(isRespelled);
    this.#askedAt[candidate] = now;
    this.#dueAt[candidate] = Math.min(now + patience * 2 ** this.#rounds[candidate]++, this.#endsAt);
  }

  /** An attempt has ended: a reply arrived, or the network failed. */
  close({ candidate }: Attempt): void {
    this.#open[candidate]--;
  }

  /** Sets the state of a candidate. One that has declined stays declined. */
  setState(candidate: number, state: number): void {
    const before = this.#states[candidate];
    if (before === DECLINED && state === FAILED) return;
    this.#states[candidate] = state;
    this.upstreams[candidate].addDue(Number(state === ASKED) - Number(before === ASKED));
  }

  /** The resolution has ended: no reply is due any more. */
  end(): void {
    this.upstreams.forEach((_, i) => {
      if (this.#states[i] === ASKED) this.setState(i, SILENT);
    });
  }

  /** When the next reply becomes late, or the resolution's time is up, whichever is first. */
  nextDue(): number {
    let until = this.#endsAt;
    this.#states.forEach((state, i) => {
      if (state === ASKED) until = Math.min(until, this.#dueAt[i]);
    });
    return until;
  }

  /** Marks the candidates whose replies have become late as silent, and returns them. */
  markLate(now: number): number[] {
    const late: number[] = [];
    this.#states.forEach((state, i) => {
      if (state === ASKED && now >= this.#dueAt[i]) late.push(i);
    });
    for (const i of late) this.setState(i, SILENT);
    return late;
  }

  askedAt(candidate: number): number {
    return this.#askedAt[candidate];
  }

  /** Whether the last attempt with it had mixed case and was not answered in time. */
  isSilentOnMixed(candidate: number): boolean {
    return this.#states[candidate] === SILENT && this.#mixed[candidate] === 1;
  }
}
