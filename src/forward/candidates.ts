import type { Attempt } from "./attempt.js";
import type { Upstream } from "./upstream.js";

/** What a candidate has come to in a resolution; 0 before it is asked. */
const ASKED = 1;
const SILENT = 2;
/** The network refused, or the reply was none: what it was asked before may still be answered. */
export const FAILED = 3;
/** It said that it has no answer. */
export const DECLINED = 4;

/** The upstreams that one question is put to, in the order of preference, and how each has done so far. */
export class Candidates {
  readonly upstreams: readonly Upstream[];
  readonly #endsAt: number;
  readonly #states: Uint8Array;
  /** Attempts made with each: every further one is waited for twice as long. */
  readonly #rounds: Uint8Array;
  /** Attempts with each whose answer may still come. */
  readonly #open: Uint8Array;
  /** When each was asked last, and when its answer is late. */
  readonly #askedAt: Float64Array;
  readonly #dueAt: Float64Array;
  /** 1 for those asked in mixed case last. */
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

  /** Whether no answer may still come. */
  get isIdle(): boolean {
    return this.#open.every((open) => open === 0);
  }

  /** The same, but for answers of those that have said they have none: to an earlier attempt they will not have one. */
  get isHopeless(): boolean {
    return this.#open.every((open, i) => open === 0 || this.#states[i] === DECLINED);
  }

  /** The next that can be asked: first those not asked yet, then those that are silent. @param hasRoom told of each */
  take(hasRoom: (upstream: Upstream) => boolean): number | undefined {
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

  /** @param patience milliseconds that the first answer is waited for */
  asked({ candidate, isMixed }: Attempt, now: number, patience: number): void {
    this.enter(candidate, ASKED);
    this.#open[candidate]++;
    this.#mixed[candidate] = Number(isMixed);
    this.#askedAt[candidate] = now;
    this.#dueAt[candidate] = Math.min(now + patience * 2 ** this.#rounds[candidate]++, this.#endsAt);
  }

  /** An attempt has come to something. */
  close({ candidate }: Attempt): void {
    this.#open[candidate]--;
  }

  enter(candidate: number, state: number): void {
    const before = this.#states[candidate];
    if (before === DECLINED && state === FAILED) return;
    this.#states[candidate] = state;
    this.upstreams[candidate].dueChanged(Number(state === ASKED) - Number(before === ASKED));
  }

  /** Nobody waits for an answer any more. */
  end(): void {
    this.upstreams.forEach((_, i) => {
      if (this.#states[i] === ASKED) this.enter(i, SILENT);
    });
  }

  /** When the next answer is late, or the time is up. */
  nextDue(): number {
    let until = this.#endsAt;
    this.#states.forEach((state, i) => {
      if (state === ASKED) until = Math.min(until, this.#dueAt[i]);
    });
    return until;
  }

  /** Those whose answers have become late. */
  takeLate(now: number): number[] {
    const late: number[] = [];
    this.#states.forEach((state, i) => {
      if (state === ASKED && now >= this.#dueAt[i]) late.push(i);
    });
    for (const i of late) this.enter(i, SILENT);
    return late;
  }

  askedAt(candidate: number): number {
    return this.#askedAt[candidate];
  }

  /** Whether it was asked in mixed case last and has not answered in time. */
  isSilentOnMixed(candidate: number): boolean {
    return this.#states[candidate] === SILENT && this.#mixed[candidate] === 1;
  }
}
