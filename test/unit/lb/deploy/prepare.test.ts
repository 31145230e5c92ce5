import { describe, expect, test } from "vitest";
import { codeOf } from "../../../../src/base/errors.js";
import { readDefinition, servicePortOf, withServicePort } from "../../../../src/lb/deploy/definition.js";
import { checkMix, prepare } from "../../../../src/lb/deploy/prepare.js";
import type { Json } from "../../../support/json.js";
import { marathonApp } from "./support.js";

const LABELS = { HAPROXY_DEPLOYMENT_GROUP: "web", HAPROXY_DEPLOYMENT_ALT_PORT: "10001" };
const OPTIONS = { initialInstances: 1, newInstances: 0, now: Date.parse("2030-01-01T00:00:00Z") };

/** Every place where Marathon has had service ports. */
const PORTS = (port: number): readonly [string, Json][] => [
  [
    "Docker's mappings",
    { container: { docker: { image: "i", portMappings: [{ servicePort: port }, { hostPort: 0 }] } } },
  ],
  [
    "mappings of the container",
    { container: { type: "MESOS", portMappings: [{ containerPort: 80, servicePort: port }] } },
  ],
  ["port definitions", { portDefinitions: [{ port, name: "web" }, { port: 5 }] }],
  ["a list of ports", { ports: [port, 5] }],
];

function given(extra: Json = {}) {
  return readDefinition({ id: "/web", labels: LABELS, ports: [10_000], ...extra });
}

describe("the app that is posted", () => {
  test.each(PORTS(10_000))("has its service port changed where it is: %s", (_, ports) => {
    const [, expected] = PORTS(10_001).find(([name]) => name === _) ?? [];
    const app = readDefinition({ id: "/web", labels: LABELS, ...ports });
    expect(servicePortOf(app)).toBe(10_000);
    expect(withServicePort(app, 10_001)).toEqual({ ...app, ...expected });
  });

  test.each(PORTS(10_001))("takes the ports in turn, whatever the old one has: %s", (_, ports) => {
    const labels = { ...LABELS, HAPROXY_0_PORT: "10000", HAPROXY_DEPLOYMENT_COLOUR: "green" };
    const networks = [{ mode: "container/bridge" }];
    const last = marathonApp("/web-green", { instances: 3, labels, portDefinitions: undefined, networks, ...ports });
    expect(prepare(given(), last, OPTIONS)).toMatchObject({ id: "/web-blue", ports: [10_000] });
  });

  test("is blue and has all its instances if it is the first of its group", () => {
    const app = prepare(given({ instances: 4, cmd: null, env: { A: null } }), undefined, OPTIONS);
    expect(app).toEqual({
      id: "/web-blue",
      instances: 4,
      ports: [10_000],
      env: {},
      labels: {
        ...LABELS,
        HAPROXY_APP_ID: "/web",
        HAPROXY_0_PORT: "10000",
        HAPROXY_DEPLOYMENT_COLOUR: "blue",
        HAPROXY_DEPLOYMENT_TARGET_INSTANCES: "4",
        HAPROXY_DEPLOYMENT_NEW_INSTANCES: "0",
        HAPROXY_DEPLOYMENT_STARTED_AT: "2030-01-01T00:00:00.000",
      },
    });
  });

  test("is newer than the last one, also where that was told in the time of another zone", () => {
    const labels = { ...LABELS, HAPROXY_DEPLOYMENT_STARTED_AT: "2030-01-01T09:00:00.123456" };
    const { labels: ours } = prepare(given(), marathonApp("/web-blue", { labels }), OPTIONS);
    expect(ours).toMatchObject({ HAPROXY_DEPLOYMENT_STARTED_AT: "2030-01-01T09:00:00.124" });
  });

  test.each<[string, unknown]>([
    ["it is no JSON object", []],
    ['it has no "id"', { labels: LABELS }],
    ['its id is "/shop/../web", and has to be like /shop/web', { id: "/shop/../web", labels: LABELS }],
    ['its id is "web/", and has to be like /shop/web', { id: "web/", labels: LABELS }],
    ["it has no labels: give it HAPROXY_DEPLOYMENT_GROUP", { id: "web", labels: null }],
    ["it has no label HAPROXY_DEPLOYMENT_GROUP", { id: "web", labels: {} }],
    ["it has no label HAPROXY_DEPLOYMENT_ALT_PORT", { id: "web", labels: { HAPROXY_DEPLOYMENT_GROUP: "web" } }],
    [
      'its label HAPROXY_DEPLOYMENT_ALT_PORT is "100000", and has to be a port',
      { id: "web", labels: { ...LABELS, HAPROXY_DEPLOYMENT_ALT_PORT: "100000" } },
    ],
    [
      "it has no service port: give it one in container.docker.portMappings.servicePort, " +
        "container.portMappings.servicePort, portDefinitions.port, ports",
      { id: "web", labels: LABELS, portDefinitions: [{ port: 0 }], container: { docker: { portMappings: [{}] } } },
    ],
  ])("is refused with a reason: %s", (reason, app) => {
    const attempt = () => prepare(readDefinition(app), undefined, OPTIONS);
    expect(attempt).toThrow(`the app cannot be deployed: ${reason}`);
    expect(codeOf(thrownBy(attempt))).toBe("LB_DEPLOY_APP");
  });
});

function thrownBy(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a mix of two versions", () => {
  const last = (instances: number, told?: string) =>
    marathonApp("/web-blue", {
      instances,
      labels: { ...LABELS, ...(told !== undefined && { HAPROXY_DEPLOYMENT_TARGET_INSTANCES: told }) },
    });

  test("begins where the version that serves has as many instances as its label says", () => {
    expect(() => checkMix(last(4, "4"))).not.toThrow();
  });

  test.each([
    [last(16, "10"), "has 16 instances, and its label HAPROXY_DEPLOYMENT_TARGET_INSTANCES says 10"],
    [last(4), "has 4 instances, and its label HAPROXY_DEPLOYMENT_TARGET_INSTANCES is not there"],
  ])("does not where it has others, or no label", (app, why) => {
    expect(() => checkMix(app)).toThrow(`--new-instances: /web-blue ${why}, by which load balancers go`);
  });
});
