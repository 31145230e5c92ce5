import { describe, expect, test } from "vitest";
import { bambooData } from "../../../../src/lb/bamboo/data.js";
import { idOfZnode, readRule, storedRule, znodeOf } from "../../../../src/lb/bamboo/rules/rule.js";
import { jsonOf } from "../../../../src/lb/bamboo/state.js";
import type { StructValue } from "../../../../src/lb/bamboo/template/values.js";
import { isReady } from "../../../../src/lb/readiness.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";
import { ABSENT, hasShared, NOW, shared } from "./support.js";

interface Recorded {
  readonly cases: readonly { stored: string; rule: { Acl: string; Config: Readonly<Record<string, string>> } }[];
  readonly znodeNames: readonly { id: string; znode: string }[];
  readonly mesosDnsIds: readonly { id: string; is: string }[];
  readonly healthCheckPath: readonly { checks: readonly [string, string][]; is: string }[];
  readonly readiness: readonly Readiness[];
}

interface Readiness {
  readonly task: { readonly state: string; readonly startedSecondsAgo?: number; readonly startedAt?: string };
  readonly deployments?: number;
  readonly readinessChecks?: number;
  readonly result?: boolean;
  readonly timeoutSeconds?: number | null;
  readonly defaultTimeoutSeconds?: number;
  readonly safetyMarginSeconds?: number;
  readonly ready: boolean;
}

const recorded: Recorded = hasShared
  ? shared("stored-rules.json")
  : { cases: [], znodeNames: [], mesosDnsIds: [], healthCheckPath: [], readiness: [] };

/** The only app of an answer. */
function appOf(app: object) {
  const [read] = readApps({ apps: [app] }).apps;
  if (!read) throw new Error("there is no app");
  return read;
}

function fieldOf(app: object, name: string): unknown {
  const apps = bambooData([appOf(app)], new Map(), NOW).fields.get("Apps");
  const [first] = apps?.kind === "list" ? apps.items : [];
  return jsonOf((first as StructValue).fields.get(name) ?? { kind: "nil" });
}

describe.skipIf(!hasShared)(`rules and apps are read as Bamboo reads them${ABSENT}`, () => {
  test.each(recorded.cases)("a rule stored as $stored", ({ stored, rule }) => {
    const { id, acl, config } = readRule("/x", stored);
    expect({ id, Acl: acl, Config: Object.fromEntries(config ?? []) }).toEqual({ id: "/x", ...rule });
  });

  test.each(recorded.znodeNames)("the znode of $id is $znode", ({ id, znode }) => {
    expect(znodeOf(id)).toBe(znode);
    expect(idOfZnode(znode)).toBe(id);
  });

  test.each(recorded.mesosDnsIds)("the name in DNS of $id is $is", ({ id, is }) => {
    expect(fieldOf({ id }, "MesosDnsId")).toBe(is);
  });

  test.each(recorded.healthCheckPath)("the path of $checks is $is", ({ checks, is }) => {
    const healthChecks = checks.map(([protocol, path]) => ({ protocol, path }));
    expect(fieldOf({ id: "/a", healthChecks }, "HealthCheckPath")).toBe(is);
  });

  test.each(recorded.readiness)("a task is ready or not: $task, $ready", (given) => {
    const { task, deployments = 0, readinessChecks = 0, result, timeoutSeconds, ready } = given;
    const { defaultTimeoutSeconds = 10, safetyMarginSeconds = 5 } = given;
    const ago = task.startedSecondsAgo ?? 0;
    const app = appOf({
      id: "/a",
      tasks: [{ id: "a.1", state: task.state, startedAt: task.startedAt ?? new Date(NOW - ago * 1000).toISOString() }],
      deployments: Array.from({ length: deployments }, (_, id) => ({ id: String(id) })),
      readinessChecks: Array.from({ length: readinessChecks }, () => ({ path: "/", timeoutSeconds })),
      readinessCheckResults: result === undefined ? [] : [{ taskId: "a.1", ready: result }],
    });
    const patience = { withoutTimeout: defaultTimeoutSeconds * 1000, margin: safetyMarginSeconds * 1000 };
    expect(app.tasks.map((one) => isReady(app, one, NOW, patience))).toEqual([ready]);
  });
});

test.each([
  ["/a", "path_beg /a", { Owner: "team" }, '{"version":"2","config":{"Acl":"path_beg /a","Owner":"team"}}'],
  ["/a", "path_beg /a", { Acl: "path_beg /b" }, '{"version":"2","config":{"Acl":"path_beg /a"}}'],
  ["/a", "", { Acl: "path_beg /b" }, '{"version":"2","config":{"Acl":"path_beg /b"}}'],
  ["/a", "hdr(x) <y>", {}, '{"version":"2","config":{"Acl":"hdr(x) \\u003cy\\u003e"}}'],
])("a rule of %s with the Acl '%s' is stored as Bamboo stores it", (id, acl, config, stored) => {
  expect(storedRule({ id, acl, config: new Map(Object.entries(config)) })).toBe(stored);
});

test("keys in other letters are understood, and settings that are no text make it an old rule", () => {
  expect(readRule("/a", '{"Version":"2","CONFIG":{"Acl":"x","__proto__":"y"}}').config?.get("__proto__")).toBe("y");
  expect(readRule("/a", '{"version":"2","config":{"Acl":5}}').acl).toBe('{"version":"2","config":{"Acl":5}}');
});

test.each(["%", "%zz", "%ff"])("a znode called %s is nobody's", (name) => {
  expect(idOfZnode(name)).toBeUndefined();
});

test("a task without a result is ready when a result would have come", () => {
  const readinessChecks = [{ path: "/", timeoutSeconds: 20 }];
  const app = appOf({
    id: "/a",
    deployments: [{ id: "d" }],
    readinessChecks,
    tasks: [{ id: "a.1", state: "TASK_RUNNING", startedAt: "2023-11-14T22:13:00Z" }],
  });
  const [task] = app.tasks;
  if (!task) throw new Error("there is no task");
  expect([24_999, 25_000].map((after) => isReady(app, task, Date.parse(task.startedAt) + after))).toEqual([
    false,
    true,
  ]);
});
