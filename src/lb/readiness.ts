import type { MarathonApp, MarathonTask } from "../sources/marathon/app.js";

/** How long, in milliseconds, a task without a result may be one of those that are still being checked. */
export interface ReadinessPatience {
  /** Where the check has no timeout. */
  readonly withoutTimeout: number;
  /** Beyond the timeout, if there is one. */
  readonly margin: number;
}

const PATIENCE: ReadinessPatience = { withoutTimeout: 10_000, margin: 5_000 };

/** RFC 3339, which Date.parse is more lenient than. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Whether Bamboo calls a task ready: it runs, and passes its readiness check. */
export function isReady(app: MarathonApp, task: MarathonTask, now: number, patience = PATIENCE): boolean {
  return task.state === "TASK_RUNNING" && passesReadiness(app, task, now, patience);
}

/**
 * Whether a task passes its readiness check, if it has one and its app is being deployed: checks are made at no other time.
 *
 * A task without a result is an old one, and ready, if it has been running for longer than a result takes. `now` is in
 * milliseconds since the epoch.
 */
export function passesReadiness(app: MarathonApp, task: MarathonTask, now: number, patience = PATIENCE): boolean {
  const [check] = app.readinessChecks;
  if (app.deployments.length === 0 || !check) return true;
  const result = app.readiness.get(task.id);
  if (result !== undefined) return result;
  if (!RFC_3339.test(task.startedAt)) return false;
  const wait = check.timeoutSeconds === 0 ? patience.withoutTimeout : check.timeoutSeconds * 1000 + patience.margin;
  return now - Date.parse(task.startedAt) >= wait;
}
