/** Which versions of a group there are, and what is to be done about them. */
import { MesosDnsError } from "../../base/errors.js";
import { isObject, textOf } from "../../base/lenient.js";
import type { MarathonApp } from "../../sources/marathon/app.js";
import { groupOf, startedAt } from "../deployment-groups.js";
import type { Definition } from "./definition.js";

export type Plan =
  /** A version is to be created, in the place of `last` if there is one. */
  | { readonly kind: "deploy"; readonly last: MarathonApp | undefined }
  /** Both versions are there. */
  | { readonly kind: "swap"; readonly newApp: MarathonApp; readonly oldApp: MarathonApp };

export interface PlanFlags {
  readonly isResumed: boolean;
  /** Which of two versions is to stay alone. */
  readonly completes: "current" | "previous" | undefined;
}

/** @param apps all of a Marathon. Throws MesosDnsError LB_DEPLOY_FLAGS or LB_DEPLOY_UNFINISHED. */
export function planOf(
  definition: Definition,
  apps: readonly MarathonApp[],
  { isResumed, completes }: PlanFlags,
): Plan {
  const labels = isObject(definition.labels) ? definition.labels : {};
  const group = groupOf(textOf(labels.HAPROXY_DEPLOYMENT_GROUP));
  const versions = apps
    .filter((app) => groupOf(app.labels.get("HAPROXY_DEPLOYMENT_GROUP")) === group)
    .sort((a, b) => compare(startedAt(b), startedAt(a)));
  const [current, previous, ...more] = versions;
  const ids = versions.map(({ id }) => id).join(", ");
  if (more.length > 0)
    throw new MesosDnsError(
      "LB_DEPLOY_UNFINISHED",
      `${ids} are of one group, which has two versions at most: delete some`,
    );
  if (!current || !previous) {
    if (completes === undefined) return { kind: "deploy", last: current };
    const found = current ? `only ${current.id} is` : "no app is";
    const text = `--complete-cur and --complete-prev are for a mix of two versions, and ${found} of the group`;
    throw new MesosDnsError("LB_DEPLOY_FLAGS", text);
  }
  if (completes === "previous") return { kind: "swap", newApp: previous, oldApp: current };
  if (completes === "current" || isResumed) return { kind: "swap", newApp: current, oldApp: previous };
  const choices = "--resume, --complete-cur or --complete-prev";
  throw new MesosDnsError("LB_DEPLOY_UNFINISHED", `${ids} are two versions already: give one of ${choices}`);
}

/** Moments may be infinitely long ago. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
