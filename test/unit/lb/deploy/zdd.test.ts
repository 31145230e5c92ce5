import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { courseOf, isReady, nextInstances } from "../../../../src/lb/deploy/course.js";
import { type Definition, readDefinition } from "../../../../src/lb/deploy/definition.js";
import { prepare } from "../../../../src/lb/deploy/prepare.js";
import { readStats } from "../../../../src/lb/deploy/stats.js";
import { drainedTasks, drainingTasks } from "../../../../src/lb/deploy/task-servers.js";
import { mergeDeploymentGroups } from "../../../../src/lb/deployment-groups.js";
import { readApp } from "../../../../src/sources/marathon/read-apps.js";
import type { Json } from "../../../support/json.js";
import { marathonApp } from "./support.js";

/** Decisions that zdd.py and marathon-lb made: the same here. */

const SHARED = new URL("../../../../../shared/lb/marathon-lb/", import.meta.url);
const hasShared = existsSync(SHARED);
const ABSENT = hasShared ? "" : " (left out: ../shared/lb is not there)";

function shared(name: string) {
  return JSON.parse(readFileSync(new URL(name, SHARED), "utf8"));
}

describe.skipIf(!hasShared)(`a deployment goes as with zdd.py${ABSENT}`, () => {
  const tables = hasShared ? shared("zdd.json") : {};

  test("in how far the new version is scaled", () => {
    const course = (target: number, ofNew: number) =>
      courseOf(
        marathonApp("/web-green", {
          labels: {
            HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(target),
            HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(ofNew),
          },
        }),
        false,
      );
    const rows: ScaleRow[] = tables.scale;
    const ours = rows.map((row) => ({
      ...row,
      scaleTo: nextInstances({ fresh: row.new, old: row.old }, course(row.target, row.newInstances), row.linear),
    }));
    expect(rows.length).toBe(252);
    expect(ours).toEqual(rows);
  });

  test("in when the old version is deleted", () => {
    const rows: ReadyRow[] = tables.readyToDelete;
    const ours = rows.map((row) => {
      const labels = {
        HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(row.newTarget),
        HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(row.hybridNewInstances),
      };
      const course = courseOf(marathonApp("/web-green", { labels }), row.completeCur);
      return {
        ...row,
        deleteOld: isReady({ fresh: row.newInstances, old: row.oldInstances }, course, row.drainedTasks),
      };
    });
    expect(rows.length).toBe(10);
    expect(ours).toEqual(rows);
  });

  test.each<PrepareRow>(tables.prepare ?? [])(
    "in the app that is posted: $initialInstances, $newInstances",
    ({ app, previous, initialInstances, newInstances, deploy }) => {
      const last = previous.map((item) => readApp(item).app).at(-1);
      const { labels, ...ours } = prepare(readDefinition(app), last, { initialInstances, newInstances, now: 0 });
      const { HAPROXY_DEPLOYMENT_STARTED_AT, ...rest } = labels as Record<string, string>;
      expect({ ...ours, labels: rest }).toEqual(deploy);
      expect(HAPROXY_DEPLOYMENT_STARTED_AT).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/u);
    },
  );

  test.each<DrainedRow>(tables.drained ?? [])("in which tasks are drained: $apps", (row) => {
    const [old] = appsIn(shared(row.file));
    const csv = row.statsCsv.split(/(?=^# pxname)/mu);
    expect(csv.length).toBe(row.haproxies);
    const balancers = csv.map(readStats);
    if (!old) throw new Error("there is no app");
    expect(drainedTasks(old, balancers)).toEqual(row.drained);
    expect(drainingTasks(old, balancers)).toEqual(row.draining);
  });

  test("in which tasks drain", () => {
    const rows: DrainingRow[] = tables.draining;
    const ours = rows.map((row) => {
      const labels = (colour: string, at: string) => ({
        HAPROXY_DEPLOYMENT_GROUP: "web",
        HAPROXY_DEPLOYMENT_COLOUR: colour,
        HAPROXY_DEPLOYMENT_STARTED_AT: at,
        HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(row.target),
        ...(row.newInstancesLabel !== null && { HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(row.newInstancesLabel) }),
      });
      const tasks = (count: number, first: number, well: number) =>
        Array.from({ length: count }, (_, place) => ({
          id: `task.${String(first + place).padStart(3, "0")}`,
          host: `10.0.0.${first + place}`,
          ports: [31_000],
          healthCheckResults: [{ alive: place < well }],
        }));
      const healthChecks = [{ protocol: "TCP" }];
      const apps = [
        marathonApp("/web-blue", {
          labels: labels("blue", "2016-01-01T00:00:00"),
          healthChecks,
          tasks: tasks(row.old, 1, row.old),
        }),
        marathonApp("/web-green", {
          labels: labels("green", "2016-01-02T00:00:00"),
          healthChecks,
          tasks: tasks(row.new, 101, row.newHealthy),
        }),
      ];
      const [merged] = mergeDeploymentGroups(apps);
      const draining = merged?.app.tasks.filter(({ id }) => merged.draining.has(id)).map(({ host }) => host);
      return { ...row, draining };
    });
    expect(rows.length).toBe(162);
    expect(ours).toEqual(rows);
  });
});

function appsIn(answer: { readonly apps?: readonly Json[]; readonly app?: Json }) {
  return (answer.apps ?? [answer.app]).flatMap((item) => readApp(item).app ?? []);
}

interface ScaleRow {
  readonly new: number;
  readonly old: number;
  readonly target: number;
  readonly newInstances: number;
  readonly linear: number;
  readonly scaleTo: number;
}

interface ReadyRow {
  readonly newInstances: number;
  readonly oldInstances: number;
  readonly drainedTasks: number;
  readonly newTarget: number;
  readonly oldTarget: number;
  readonly hybridNewInstances: number;
  readonly completeCur: boolean;
  readonly deleteOld: boolean;
}

interface PrepareRow {
  readonly app: Json;
  readonly previous: readonly Json[];
  readonly initialInstances: number;
  readonly newInstances: number;
  readonly deploy: Definition;
}

interface DrainedRow {
  readonly apps: string;
  readonly file: string;
  readonly haproxies: number;
  readonly statsCsv: string;
  readonly drained: readonly string[];
  readonly draining: readonly string[];
}

interface DrainingRow {
  readonly old: number;
  readonly new: number;
  readonly newHealthy: number;
  readonly target: number;
  readonly newInstancesLabel: number | null;
  readonly draining: readonly string[];
}
