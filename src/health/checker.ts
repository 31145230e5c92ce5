import type { Timers } from "../base/timers.js";
import type { Instance, TargetCheck } from "../config/health.js";
import { DurationCounts } from "./durations.js";
import type { Probe } from "./probe.js";
import { afterResult, type CheckState, UNKNOWN } from "./state.js";

/** Checks under way at one time. */
const MOST_AT_ONCE = 64;

export interface CheckerParts {
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly probe: Probe;
  /** What an earlier object knew, by instance. */
  readonly known: ReadonlyMap<string, CheckState>;
  /** Called after each result. */
  readonly onResult: (instance: Instance, before: CheckState, after: CheckState) => void;
}

/** A target that is checked again and again. */
interface Watched {
  instance: Instance;
  check: TargetCheck;
  state: CheckState;
  /** On the clock of `timers`: when its next check is due. */
  dueAt: number;
  /** Breaks off its check, or the wait for it. */
  cancel: () => void;
}

/** Checks targets, each at its own interval, from one beginning to the next. */
export class Checker {
  readonly #parts: CheckerParts;
  readonly #watched = new Map<string, Watched>();
  readonly #waiting = new Set<Watched>();
  #running = 0;
  readonly durations = new DurationCounts();
  /** Checks that began more than an interval later than they were due: too many others were under way. */
  late = 0;

  /** For the first configuration alone: later it would be too old. */
  #known: ReadonlyMap<string, CheckState>;

  constructor(parts: CheckerParts) {
    this.#parts = parts;
    this.#known = parts.known;
  }

  /** What is known of an instance; `undefined` if it is not checked here. */
  stateOf(instance: string): CheckState | undefined {
    return this.#watched.get(instance)?.state;
  }

  /**
   * Checks these instances from now on, and no others. What is known of those that are checked already stays, unless they are checked
   * in another way. The first checks of the others are spread over their intervals.
   */
  configure(instances: readonly Instance[]): void {
    const wanted = new Map(instances.map((instance) => [instance.name, instance]));
    for (const [name, watched] of this.#watched) {
      const instance = wanted.get(name);
      if (instance && isSame(instance, watched.instance)) continue;
      this.#forget(name, watched);
    }
    const fresh = instances.filter(({ name, check }) => check.type !== "calculated" && !this.#watched.has(name));
    for (const [index, instance] of fresh.entries()) this.#watch(instance, index / fresh.length);
    this.#known = new Map();
    this.durations.keep(new Set(instances.map(({ check }) => check.name)));
  }

  stop(): void {
    this.#waiting.clear();
    for (const [name, watched] of this.#watched) this.#forget(name, watched);
  }

  /** @param share of its interval that its first check waits */
  #watch(instance: Instance, share: number): void {
    const { check, name } = instance;
    if (check.type === "calculated") return;
    const dueAt = this.#parts.timers.now() + share * check.interval * 1_000;
    const state = this.#known.get(name) ?? UNKNOWN;
    const watched: Watched = { instance, check, state, dueAt, cancel: () => undefined };
    this.#watched.set(name, watched);
    this.#wait(watched);
  }

  #forget(name: string, watched: Watched): void {
    watched.cancel();
    this.#watched.delete(name);
    this.#waiting.delete(watched);
  }

  /** Waits until its next check is due. */
  #wait(watched: Watched): void {
    const { timers } = this.#parts;
    watched.cancel = timers.after(Math.max(0, watched.dueAt - timers.now()), () => {
      this.#waiting.add(watched);
      this.#begin();
    });
  }

  /** Begins checks that are due, in the order in which they have become so. */
  #begin(): void {
    for (const watched of this.#waiting) {
      if (this.#running >= MOST_AT_ONCE) return;
      this.#waiting.delete(watched);
      this.#check(watched);
    }
  }

  #check(watched: Watched): void {
    const { timers, probe } = this.#parts;
    const { check, instance } = watched;
    const startedAt = timers.now();
    const interval = check.interval * 1_000;
    const isLate = startedAt - watched.dueAt > interval;
    if (isLate) this.late++;
    watched.dueAt = isLate ? startedAt + interval : watched.dueAt + interval;
    this.#running++;
    let isOver = false;
    let cancelProbe: () => void = () => undefined;
    const over = () => {
      isOver = true;
      cancelTimer();
      cancelProbe();
      this.#running--;
    };
    const finish = (error: string | undefined) => {
      if (isOver) return;
      over();
      const seconds = (timers.now() - startedAt) / 1_000;
      this.durations.add(check.name, seconds);
      this.#note(watched, error, seconds);
      this.#wait(watched);
      this.#begin();
    };
    // A target is not at fault for the time in which this thread did not run, so it gets that time once more; and if that was none, a turn
    // of the event loop, in which an answer is read that came when the timer was due.
    const giveUpAt = (deadline: number, mayWaitLonger: boolean): (() => void) =>
      timers.after(Math.max(0, deadline - timers.now()), () => {
        const now = timers.now();
        if (mayWaitLonger) cancelTimer = giveUpAt(now + Math.max(0, now - deadline), false);
        else finish(`no answer within ${check.timeout} s`);
      });
    let cancelTimer = giveUpAt(startedAt + check.timeout * 1_000, true);
    watched.cancel = () => {
      over();
      this.#begin();
    };
    cancelProbe = probe({ check, address: instance.address ?? "", done: finish });
  }

  #note(watched: Watched, error: string | undefined, seconds: number): void {
    const { wallClock, onResult } = this.#parts;
    const before = watched.state;
    watched.state = afterResult(before, { error, seconds }, watched.check, wallClock());
    onResult(watched.instance, before, watched.state);
  }
}

/** Whether two instances are checked in the same way. */
function isSame(a: Instance, b: Instance): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
