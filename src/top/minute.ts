import { type Counted, Tally } from "./tally.js";

/** What is counted of queries: what the question is, who asks, and what becomes of it. */
export const SUBJECTS = ["name", "client", "type", "rcode", "zone", "transport"] as const;
export type Subject = (typeof SUBJECTS)[number];
export type Told = Readonly<Record<Subject, string>>;

export interface TopReport {
  /** How long what is told has been counted: all the time, and after the first minute from 50 seconds to a minute. */
  readonly seconds: number;
  readonly queries: number;
  /** Queries that came faster than they could be counted. */
  readonly missed: number;
  readonly top: Readonly<Record<Subject, readonly Counted[]>>;
}

const PART_MS = 10_000;
const PARTS = 6;
/** Different names and clients that are kept in ten seconds. */
const MAX_KEYS = 4_000;

interface Part {
  readonly startedAt: number;
  readonly tallies: Readonly<Record<Subject, Tally>>;
}

/** Counts the queries of the last minute, in parts of ten seconds. Times are milliseconds on any clock. */
export class Minute {
  /** Since when everything has been counted that has not been forgotten. */
  #countedFrom: number;
  #parts: Part[] = [];

  constructor(now: number) {
    this.#countedFrom = now;
  }

  add(told: Told, now: number): void {
    const { tallies } = this.#partAt(now);
    for (const subject of SUBJECTS) tallies[subject].add(told[subject]);
  }

  /** @param limit how many of each are told */
  report(now: number, limit: number, missed: number): TopReport {
    this.#forget(now);
    const all = emptyTallies();
    for (const { tallies } of this.#parts) for (const subject of SUBJECTS) all[subject].addAll(tallies[subject]);
    const first = Math.max(this.#countedFrom, now - PARTS * PART_MS);
    const top = Object.fromEntries(SUBJECTS.map((subject) => [subject, all[subject].most(limit)]));
    return {
      seconds: Math.max(1, Math.round((now - first) / 1000)),
      queries: all.rcode.total,
      missed,
      top: top as Record<Subject, readonly Counted[]>,
    };
  }

  #partAt(now: number): Part {
    const last = this.#parts.at(-1);
    if (last && now - last.startedAt < PART_MS) return last;
    this.#forget(now);
    const part = { startedAt: now, tallies: emptyTallies() };
    this.#parts.push(part);
    return part;
  }

  #forget(now: number): void {
    for (const { startedAt } of this.#parts)
      if (now - startedAt >= PARTS * PART_MS) this.#countedFrom = startedAt + PART_MS;
    this.#parts = this.#parts.filter(({ startedAt }) => now - startedAt < PARTS * PART_MS);
  }
}

function emptyTallies(): Record<Subject, Tally> {
  return Object.fromEntries(SUBJECTS.map((subject) => [subject, new Tally(MAX_KEYS)])) as Record<Subject, Tally>;
}
