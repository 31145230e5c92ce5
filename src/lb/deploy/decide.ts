/** The next step from an old version to a new one, such that enough of both serve all the time. */
import type { MarathonApp, MarathonTask } from "../../sources/marathon/app.js";
import { type Course, isReady, nextInstances } from "./course.js";
import {
  type Balancers,
  drainedTasks,
  drainingTasks,
  knownTasks,
  servingTasks,
  tasksAnywhere,
} from "./task-servers.js";

export type Decision =
  /** @param why a clause */
  | { readonly kind: "wait"; readonly why: string }
  /** Tasks of the old version are killed for good, and then the new one is scaled. */
  | { readonly kind: "step"; readonly kill: readonly string[]; readonly scaleTo: number | undefined }
  /** The old version has nothing to do any more. */
  | { readonly kind: "delete" }
  /** Both versions are to stay as they are. */
  | { readonly kind: "done" };

export interface Situation {
  readonly newApp: MarathonApp;
  readonly oldApp: MarathonApp;
  /** What each load balancer says of the servers of both. At least one. */
  readonly balancers: Balancers;
  readonly course: Course;
  /** By how many instances to grow each time; 0: by half. */
  readonly linear: number;
  /** Whether connections have had enough time to end. */
  readonly isLate: boolean;
}

/** What Marathon is busy with, as a clause; `undefined` if with nothing. */
export function underWay(newApp: MarathonApp, oldApp: MarathonApp): string | undefined {
  const busy = [newApp, oldApp].find(({ deployments }) => deployments.length > 0);
  return busy && `Marathon is deploying ${busy.id}, of which ${healthy(busy)} of ${busy.instances} instances are well`;
}

/** How many tasks of an app Marathon finds well. */
export function healthy({ tasks, healthChecks }: MarathonApp): number {
  const isWell = ({ health, state }: MarathonTask) =>
    healthChecks.length === 0 ? state === "" || state === "TASK_RUNNING" : (health?.some((alive) => alive) ?? false);
  return tasks.filter(isWell).length;
}

/** @param situation one in which Marathon deploys neither version */
export function decide(situation: Situation): Decision {
  const { newApp, oldApp, course } = situation;
  const { target, goal, isHybrid } = course;
  const counts = { fresh: newApp.instances, old: oldApp.instances };
  if (isHybrid && isReady(counts, course, 0)) return { kind: "done" };
  // Nothing drains before there are more than are needed.
  if (counts.fresh + counts.old <= target && counts.fresh < goal) return grow(situation, []);
  const lacking = whatLacks(situation);
  if (lacking !== undefined) return wait(lacking);
  const leaving = leavingTasks(situation);
  return counts.fresh >= goal ? end(situation, leaving) : proceed(situation, leaving);
}

/** What is missing before anything may be taken away, as a clause. */
function whatLacks({ newApp, oldApp, balancers, course, isLate }: Situation): string | undefined {
  const ofNew = servingTasks(newApp, balancers).length;
  // All of the new version have to serve, but for those that a load balancer drains, which takes it for the old one.
  const wanted = newApp.instances - drainingTasks(newApp, balancers).length;
  if (ofNew < wanted) return `${ofNew} of ${wanted} instances of ${newApp.id} get requests from every load balancer`;
  if (isLate) return undefined;
  const failing = oldApp.tasks.filter(isFailing).length;
  const unknown = oldApp.instances - failing - knownTasks(oldApp, balancers).length;
  if (unknown > 0) return `${unknown} instances of ${oldApp.id} are not in every load balancer`;
  const serving = ofNew + servingTasks(oldApp, balancers).length;
  const enough = course.target - failing;
  return serving < enough ? `${serving} of ${enough} instances get requests from every load balancer` : undefined;
}

/** Tasks of the old version that nobody misses: they are drained, or they fail and no load balancer asks them. */
function leavingTasks({ oldApp, balancers, isLate }: Situation): readonly string[] {
  const out = new Set((isLate ? drainingTasks : drainedTasks)(oldApp, balancers));
  const asked = new Set(tasksAnywhere(oldApp, balancers));
  return oldApp.tasks.flatMap((task) =>
    out.has(task.id) || (isFailing(task) && !asked.has(task.id)) ? [task.id] : [],
  );
}

function isFailing({ health }: MarathonTask): boolean {
  return health !== undefined && health.length > 0 && !health.some((alive) => alive);
}

function proceed(situation: Situation, leaving: readonly string[]): Decision {
  const { newApp, oldApp, balancers, course, isLate } = situation;
  const spare = newApp.instances + oldApp.instances - course.target;
  if (leaving.length > 0) return grow(situation, leaving.slice(0, spare));
  // The load balancers take the version that was scaled last for the one that takes over.
  const isTurned = drainingTasks(newApp, balancers).length > 0;
  return isLate || isTurned ? grow(situation, []) : wait(`no instance of ${oldApp.id} is drained yet`);
}

/** The last instances go together: a version that is scaled down last is taken for the one that takes over. */
function end({ newApp, oldApp, balancers, course }: Situation, leaving: readonly string[]): Decision {
  const counts = { fresh: newApp.instances, old: oldApp.instances };
  if (drainingTasks(newApp, balancers).length > 0)
    return wait(`the load balancers drain ${newApp.id} instead of ${oldApp.id}`);
  if (isReady(counts, course, leaving.length)) return { kind: "delete" };
  const rest = course.isHybrid ? counts.old - (course.target - course.goal) : counts.old;
  if (course.isHybrid && leaving.length >= rest)
    return { kind: "step", kill: leaving.slice(0, rest), scaleTo: undefined };
  return wait(`${leaving.length} of ${rest} instances of ${oldApp.id} that are to go are drained`);
}

function grow({ newApp, oldApp, course, linear }: Situation, kill: readonly string[]): Decision {
  const counts = { fresh: newApp.instances, old: oldApp.instances };
  // Half of nothing is nothing, and half as many again may be too many.
  const next = Math.max(counts.fresh + 1, nextInstances(counts, course, linear));
  return { kind: "step", kill, scaleTo: Math.min(next, course.goal) };
}

function wait(why: string): Decision {
  return { kind: "wait", why };
}
