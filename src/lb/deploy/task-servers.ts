/** The servers that tasks are in the load balancers, and what those do with them. */
import type { MarathonApp, MarathonTask } from "../../sources/marathon/app.js";
import { groupOf } from "../deployment-groups.js";
import { cleanedUp } from "../marathon-lb/server-name.js";
import { addressOfTask, networkMode, portOfTask, servicePorts } from "../networking.js";
import type { ServerStats } from "./stats.js";

/** What each load balancer says of the servers of a group. */
export type Balancers = readonly (readonly ServerStats[])[];

/** Of these servers, those that are the group's. @param apps of one deployment group */
export function ofGroup(balancers: Balancers, apps: readonly MarathonApp[]): Balancers {
  const names = new Set(apps.flatMap(backendNames));
  return balancers.map((servers) => servers.filter(({ backend }) => names.has(backend)));
}

function backendNames(app: MarathonApp): readonly string[] {
  const group = groupOf(app.labels.get("HAPROXY_DEPLOYMENT_GROUP")) ?? app.id;
  const name = group.slice(1).replaceAll("/", "_");
  return servicePorts(app).map(({ number }, index) => `${name}_${app.labels.get(`HAPROXY_${index}_PORT`) ?? number}`);
}

/** Whether a task has a server in each load balancer, and each of its servers there is as `is` says. */
function isEverywhere(names: RegExp | undefined, balancers: Balancers, is: (server: ServerStats) => boolean): boolean {
  if (!names || balancers.length === 0) return false;
  return balancers.every((servers) => {
    const own = servers.filter(({ name }) => names.test(name));
    return own.length > 0 && own.every(is);
  });
}

/** Of an app's tasks, those of which this is true in every load balancer. */
function tasksWhere(app: MarathonApp, balancers: Balancers, is: (server: ServerStats) => boolean): readonly string[] {
  return app.tasks.flatMap((task) => (isEverywhere(serverNames(app, task), balancers, is) ? [task.id] : []));
}

/** Tasks that every load balancer knows. */
export function knownTasks(app: MarathonApp, balancers: Balancers): readonly string[] {
  return tasksWhere(app, balancers, () => true);
}

/** Tasks that get requests from every load balancer. */
export function servingTasks(app: MarathonApp, balancers: Balancers): readonly string[] {
  return tasksWhere(app, balancers, ({ isServing }) => isServing);
}

/** Tasks that get requests from any load balancer, or still have some of it. */
export function tasksAnywhere(app: MarathonApp, balancers: Balancers): readonly string[] {
  const used = balancers.flat().filter(({ isServing, isBusy }) => isServing || isBusy);
  return app.tasks.flatMap((task) => {
    const names = serverNames(app, task);
    return names && used.some(({ name }) => names.test(name)) ? [task.id] : [];
  });
}

/** Tasks that get nothing new from any load balancer. */
export function drainingTasks(app: MarathonApp, balancers: Balancers): readonly string[] {
  return tasksWhere(app, balancers, ({ isDraining }) => isDraining);
}

/** Those of them that have nothing to do any more. */
export function drainedTasks(app: MarathonApp, balancers: Balancers): readonly string[] {
  return tasksWhere(app, balancers, ({ isDraining, isBusy }) => isDraining && !isBusy);
}

/**
 * The names of a task's servers; `undefined` if it serves nowhere. An agent's name has its address behind it, which each load balancer has
 * looked up for itself: any will do.
 */
function serverNames(app: MarathonApp, task: MarathonTask): RegExp | undefined {
  const isOwn = networkMode(app) === "container";
  const names = servicePorts(app).flatMap((servicePort) => {
    const port = portOfTask(app, task, servicePort);
    const address = addressOfTask(app, task, servicePort, (host) => host);
    if (port === undefined || address === undefined) return [];
    if (!isOwn) return [`${cleanedUp(task.host)}_(?:[0-9a-f_]+_)?${port}`];
    const at = `${cleanedUp(address)}_${port}`;
    return [at, `${cleanedUp(task.host)}_${at}`];
  });
  return names.length === 0 ? undefined : new RegExp(`^(?:${names.join("|")})$`, "u");
}
