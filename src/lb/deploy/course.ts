/** How many instances of each version there are to be, and how to get there. */
import type { MarathonApp } from "../../sources/marathon/app.js";

/** The label of a version that says how many instances there are to be of both together. */
export const TARGET_LABEL = "HAPROXY_DEPLOYMENT_TARGET_INSTANCES";

export interface Course {
  /** Instances of both versions together, which serve all the time. */
  readonly target: number;
  /** Instances of the new version in the end. */
  readonly goal: number;
  /** Whether both versions stay. */
  readonly isHybrid: boolean;
}

export interface Counts {
  /** Instances of the new version, and of the old one. */
  readonly fresh: number;
  readonly old: number;
}

/** @param isCompleting whether a mix of both versions is to end */
export function courseOf(newApp: MarathonApp, isCompleting: boolean): Course {
  const target = numberIn(newApp, TARGET_LABEL) ?? newApp.instances;
  const ofNew = isCompleting ? 0 : (numberIn(newApp, "HAPROXY_DEPLOYMENT_NEW_INSTANCES") ?? 0);
  return { target, goal: ofNew === 0 ? target : ofNew, isHybrid: ofNew !== 0 };
}

/**
 * Half as many again, and all as soon as that is as many as there are old ones; or so many more.
 * @param linear by how many to grow each time; 0: by half
 */
export function nextInstances({ fresh, old }: Counts, { target, goal, isHybrid }: Course, linear: number): number {
  const grown = linear > 0 ? fresh + linear : Math.floor(fresh + (fresh + 1) / 2);
  if (isHybrid || linear > 0) return Math.min(grown, goal);
  return grown >= old ? target : grown;
}

/** Whether nothing is left to do but to delete the old version, or nothing at all where both stay. */
export function isReady({ fresh, old }: Counts, { target, goal, isHybrid }: Course, drained: number): boolean {
  if (fresh < goal) return false;
  return isHybrid ? old <= target - goal : drained === old;
}

function numberIn({ labels }: MarathonApp, name: string): number | undefined {
  const text = labels.get(name) ?? "";
  return /^\d+$/u.test(text) ? Number(text) : undefined;
}
