import type { MarathonApp } from "./app.js";

/** A list that lacks too much is believed if it is still so after this time. */
const CONFIRM_MS = 10_000;
/** The same for an empty list, and for one of a leader that has led for less than this time. */
const LONG_CONFIRM_MS = 60_000;
/** Until a list that is held is looked at again. */
const RECHECK_MS = 5_000;
/**
 * Part of all tasks, and of all apps with tasks, that a list may lack and be believed at once: beside the app that lost the most, which
 * may have been scaled, unless the leader is new.
 */
const MAX_LOST = 0.5;

/** What counts although the last list lacks it. */
export interface HeldApps {
  /** Since when, in milliseconds on the clock that is passed in. */
  readonly since: number;
  /** How many apps are kept as they were, and how many tasks in them. */
  readonly apps: number;
  readonly tasks: number;
}

/** When and where from a list is. */
export interface Sighting {
  /** Milliseconds. */
  readonly now: number;
  /** When it was asked for. */
  readonly askedAt: number;
  readonly leader: string;
}

/**
 * What is believed of a Marathon. A new leader may not know yet what runs, and a Marathon that has lost its store knows nothing at all.
 *
 *     a list that lacks
 *     little, or only tasks of a single app -> believed at once
 *     more than half of the others          -> held: apps that lost tasks stay as they were, others are taken
 *     everything                            -> the same
 *        and is full again                  -> believed
 *        and stays so                       -> believed after 10 s; after 60 s if it is empty, or its leader is new
 */
export class Belief {
  #apps: readonly MarathonApp[] | undefined;
  #held: HeldApps | undefined;
  #leader: string | undefined;
  #leadsSince = Number.NEGATIVE_INFINITY;

  get held(): HeldApps | undefined {
    return this.#held;
  }

  /** Milliseconds until a list should be looked for again; `undefined` if there is no hurry. */
  get recheckMs(): number | undefined {
    return this.#held && RECHECK_MS;
  }

  /** What counts after this list; `undefined` if nothing is known yet. */
  take(list: readonly MarathonApp[], sighting: Sighting): readonly MarathonApp[] | undefined {
    this.#meet(sighting);
    if (!isDoubtful(this.#apps, list, this.#isNew(sighting)) || this.#isConfirmed(list, sighting)) {
      this.#held = undefined;
      this.#apps = list;
      return list;
    }
    const before = this.#apps ?? [];
    const kept = before.filter(losesIn(list));
    const keptIds = new Set(kept.map(({ id }) => id));
    this.#held = { since: this.#held?.since ?? sighting.now, apps: kept.length, tasks: tasksOf(kept) };
    if (this.#apps) this.#apps = [...list.filter(({ id }) => !keptIds.has(id)), ...kept];
    return this.#apps;
  }

  #meet({ leader, now }: Sighting): void {
    if (this.#leader !== undefined && this.#leader !== leader) {
      this.#leadsSince = now;
      // What the former leader has repeated is not confirmed by another one.
      if (this.#held) this.#held = { ...this.#held, since: now };
    }
    this.#leader = leader;
  }

  /** Whether its leader may not know yet what runs. */
  #isNew({ now }: Sighting): boolean {
    return now - this.#leadsSince < LONG_CONFIRM_MS;
  }

  #isConfirmed(list: readonly MarathonApp[], sighting: Sighting): boolean {
    if (!this.#held) return false;
    const isLong = list.length === 0 || this.#isNew(sighting);
    return sighting.askedAt >= this.#held.since + (isLong ? LONG_CONFIRM_MS : CONFIRM_MS);
  }
}

/** What a list is measured by, of the number of tasks of an app: one large app does not outweigh many small ones. */
const MEASURES: readonly ((tasks: number) => number)[] = [(tasks) => tasks, (tasks) => Math.min(tasks, 1)];

/**
 * An empty list is doubtful also at the start: nobody knows what was there before.
 * @param isStrict whether a single app that has lost tasks counts as well
 */
function isDoubtful(
  before: readonly MarathonApp[] | undefined,
  list: readonly MarathonApp[],
  isStrict: boolean,
): boolean {
  if (list.length === 0) return before === undefined || before.length > 0;
  const left = new Map(list.map(({ id, tasks }) => [id, tasks.length]));
  return MEASURES.some((weigh) => {
    const all = (before ?? []).map(({ id, tasks }) => {
      const weight = weigh(tasks.length);
      return { weight, loss: Math.max(0, weight - weigh(left.get(id) ?? 0)) };
    });
    const none = { weight: 0, loss: 0 };
    const worst = isStrict ? none : all.reduce((most, each) => (each.loss > most.loss ? each : most), none);
    const weight = all.reduce((sum, each) => sum + each.weight, -worst.weight);
    const loss = all.reduce((sum, each) => sum + each.loss, -worst.loss);
    return loss > weight * MAX_LOST;
  });
}

/** Whether an app has fewer tasks in this list, or is not in it. */
function losesIn(list: readonly MarathonApp[]): (app: MarathonApp) => boolean {
  const left = new Map(list.map(({ id, tasks }) => [id, tasks.length]));
  return ({ id, tasks }) => {
    const now = left.get(id);
    return now === undefined || now < tasks.length;
  };
}

function tasksOf(apps: readonly MarathonApp[]): number {
  return apps.reduce((sum, { tasks }) => sum + tasks.length, 0);
}
