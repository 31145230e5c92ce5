/** Two apps that are one service while its new version takes over from the old one: blue and green. */
import type { MarathonApp, MarathonTask } from "../sources/marathon/app.js";

const LABEL = "HAPROXY_DEPLOYMENT_";

/** An app, or several of one deployment group as one. */
export interface DeployedApp {
  readonly app: MarathonApp;
  /** Ids of tasks that should get nothing new: those of the old version whose place has been taken. */
  readonly draining: ReadonlySet<string>;
}

/** Apps as they are, in their order, and after them those of deployment groups, under the group's id. */
export function mergeDeploymentGroups(apps: readonly MarathonApp[]): readonly DeployedApp[] {
  const alone: DeployedApp[] = [];
  const groups = new Map<string, DeployedApp>();
  for (const app of apps) {
    const id = groupOf(app.labels.get(`${LABEL}GROUP`));
    const deployed = { app, draining: new Set<string>() };
    if (id === undefined) {
      alone.push(deployed);
      continue;
    }
    const known = groups.get(id);
    const current = { ...deployed, app: { ...app, id } };
    groups.set(id, known ? merge(known, current) : current);
  }
  return [...alone, ...groups.values()];
}

/** The id of a deployment group, which is like an app's; `undefined` if an app is in none. @param name as its label has it */
export function groupOf(name: string | undefined): string | undefined {
  if (!name) return undefined;
  return name.startsWith("/") ? name : `/${name}`;
}

/** When a version was deployed: milliseconds since the epoch, with what there is of microseconds; long ago if that is not said. */
export function startedAt({ labels }: MarathonApp): number {
  return momentOf(labels.get(`${LABEL}STARTED_AT`));
}

/** One app with the tasks of both. What it is like is what the older one says. */
function merge(known: DeployedApp, current: DeployedApp): DeployedApp {
  const { older, newer, isScaled } = byAge(known, current);
  const oldTasks = [...older.app.tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isChecked = current.app.healthChecks.length > 0;
  const serving = isChecked ? newer.app.tasks.filter(isAlive).length : newer.app.instances;
  const spare = Math.max(0, serving + older.app.instances - (isScaled ? targetOf(newer.app) : 1));
  const drained = oldTasks.slice(0, Math.min(serving, spare)).map(({ id }) => id);
  return {
    app: { ...older.app, tasks: [...oldTasks, ...newer.app.tasks] },
    draining: new Set([...known.draining, ...current.draining, ...drained]),
  };
}

/**
 * Which is the older one. Where the newer one says how many instances there are to be of it, it is the one that was scaled last, as a
 * deployment can be turned back.
 */
function byAge(known: DeployedApp, current: DeployedApp) {
  const [older, newer] = startedAt(known.app) < startedAt(current.app) ? [known, current] : [current, known];
  const isScaled = newer.app.labels.has(`${LABEL}NEW_INSTANCES`);
  const scaled = ({ app }: DeployedApp) => momentOf(app.lastScalingAt);
  const isTurned = isScaled && scaled(older) > scaled(newer);
  return { older: isTurned ? newer : older, newer: isTurned ? older : newer, isScaled };
}

/** How many instances there are to be of both in the end. */
function targetOf({ labels }: MarathonApp): number {
  const target = Number.parseInt(labels.get(`${LABEL}TARGET_INSTANCES`) ?? "", 10);
  return Number.isNaN(target) ? 1 : target;
}

function isAlive({ health }: MarathonTask): boolean {
  return health?.some((alive) => alive) ?? false;
}

/** Milliseconds since the epoch, with what there is of microseconds; long ago if it is no time. */
function momentOf(text = ""): number {
  const [, seconds = "", fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? [];
  const moment = Date.parse(`${seconds.replace(" ", "T")}${zone || "Z"}`);
  return Number.isNaN(moment) ? Number.NEGATIVE_INFINITY : moment + Number(`0${fraction}`) * 1_000;
}
