import { expect, test } from "vitest";
import { readDefinition } from "../../../../src/lb/deploy/definition.js";
import { type PlanFlags, planOf } from "../../../../src/lb/deploy/plan.js";
import { marathonApp } from "./support.js";

const ALT = { HAPROXY_DEPLOYMENT_ALT_PORT: "10001" };
const DEFINITION = readDefinition({ id: "/web", labels: { ...ALT, HAPROXY_DEPLOYMENT_GROUP: "web" } });
const NO_FLAGS: PlanFlags = { isResumed: false, completes: undefined };

function version(id: string, startedAt: string | undefined, group = "web") {
  const labels = { HAPROXY_DEPLOYMENT_GROUP: group, ...(startedAt && { HAPROXY_DEPLOYMENT_STARTED_AT: startedAt }) };
  return marathonApp(id, { labels });
}

const OTHER = version("/other", "2031-01-01T00:00:00", "other");
const OLD = version("/web-blue", "2030-01-01T00:00:00");
// marathon-lb takes both spellings of a group for the same.
const NEW = version("/web-green", "2030-01-01T00:00:00.000001", "/web");

test("a version takes the place of the only one of its group", () => {
  expect(planOf(DEFINITION, [OTHER, OLD], NO_FLAGS)).toEqual({ kind: "deploy", last: OLD });
  expect(planOf(DEFINITION, [OTHER], { isResumed: true, completes: undefined })).toEqual({
    kind: "deploy",
    last: undefined,
  });
});

test.each([[[OLD, OTHER, NEW]], [[NEW, OLD, OTHER]]])("of two versions, flags say which is to stay", (apps) => {
  const forwards = { kind: "swap", newApp: NEW, oldApp: OLD };
  expect(planOf(DEFINITION, apps, { ...NO_FLAGS, isResumed: true })).toEqual(forwards);
  expect(planOf(DEFINITION, apps, { ...NO_FLAGS, completes: "current" })).toEqual(forwards);
  const back = { kind: "swap", newApp: OLD, oldApp: NEW };
  expect(planOf(DEFINITION, apps, { isResumed: true, completes: "previous" })).toEqual(back);
  const failure = { code: "LB_DEPLOY_UNFINISHED", message: expect.stringMatching(/^\/web-green, \/web-blue are two/u) };
  expect(() => planOf(DEFINITION, apps, NO_FLAGS)).toThrow(expect.objectContaining(failure));
});

test("of more than two versions, nothing is done about any", () => {
  const apps = [OLD, NEW, version("/web-older", undefined)];
  const message = "/web-green, /web-blue, /web-older are of one group, which has two versions at most: delete some";
  expect(() => planOf(DEFINITION, apps, { ...NO_FLAGS, isResumed: true })).toThrow(message);
});
