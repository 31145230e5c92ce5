import { expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import type { Answers } from "../../../src/lb-deploy/balancers.js";
import { Deployment } from "../../../src/lb-deploy/deployment.js";
import type { ToldApp } from "../../../src/sources/marathon/writer.js";
import type { Json } from "../../support/json.js";
import { ManualTimers } from "../../support/timers.js";
import { marathonApp } from "../lb/deploy/support.js";

/** What a deployment waits for, and for how long. */

const LABELS = { HAPROXY_DEPLOYMENT_GROUP: "web", HAPROXY_DEPLOYMENT_TARGET_INSTANCES: "2" };
const healthChecks = [{ protocol: "TCP" }];

/** A version with so many tasks that are well, of `instances`. */
function version(colour: string, well: number, instances: number): ToldApp {
  const tasks = Array.from({ length: instances }, (_, place) => ({
    id: `${colour}.${place}`,
    host: "192.0.2.1",
    ports: [(colour === "blue" ? 1_000 : 2_000) + place],
    ...(place < well && { healthCheckResults: [{ alive: true }] }),
  }));
  const deployments = well < instances ? [{ id: "1" }] : [];
  const told: Json = { labels: LABELS, healthChecks, tasks, deployments };
  return { told, app: marathonApp(`/web-${colour}`, told) };
}

function servers(states: Readonly<Record<number, "up" | "drained" | "draining">>): Answers {
  const stats = Object.entries(states).map(([port, state]) => ({
    backend: "web_10000",
    name: `192_0_2_1_${port}`,
    isServing: state === "up",
    isDraining: state !== "up",
    isBusy: state === "draining",
  }));
  return { stats: [stats] };
}

/** A Marathon and a load balancer as a test sets them, a second between two looks, and ten of patience. */
class Scene {
  readonly timers = new ManualTimers();
  readonly done: string[] = [];
  readonly told: string[] = [];
  green = version("green", 0, 2);
  blue = version("blue", 2, 2);
  answers: () => Answers = () => servers({});
  marathonFault: MesosDnsError | undefined;
  end: boolean | Error | undefined;

  run(): void {
    const note = async (what: string) => void this.done.push(what);
    const deployment = new Deployment({
      marathon: {
        app: async (id) => {
          if (this.marathonFault) throw this.marathonFault;
          return id === "/web-green" ? this.green : this.blue;
        },
        create: () => note("create"),
        scale: (id, instances) => note(`scale ${id} ${instances}`),
        kill: (ids) => note(`kill ${ids.join(" ")}`),
        remove: (id) => note(`remove ${id}`),
      },
      balancers: { ask: async () => this.answers() },
      timers: this.timers,
      mayGoOn: async () => true,
      beforeKill: async () => undefined,
      tell: (text) => this.told.push(text),
      stepDelayMs: 1_000,
      maxWaitMs: 10_000,
      linear: 0,
      isCompleting: false,
    });
    deployment.swap("/web-green", "/web-blue").then(
      (end) => (this.end = end),
      (error) => (this.end = error),
    );
  }
}

test("instances that become well one after another may each take their time, and are told of once", async () => {
  const scene = new Scene();
  scene.run();
  await scene.timers.advance(9_000);
  scene.green = version("green", 1, 2);
  await scene.timers.advance(9_000);
  expect(scene.end).toBeUndefined();
  await scene.timers.advance(2_000);
  expect(scene.end).toMatchObject({ code: "LB_DEPLOY_STUCK" });
  expect(scene.told).toEqual(
    [0, 1].map((well) => `Marathon is deploying /web-green, of which ${well} of 2 instances are well`),
  );
});

test("the load balancers have their own time, which begins when Marathon is done", async () => {
  const scene = new Scene();
  scene.green = version("green", 1, 2);
  scene.answers = () => servers({ 1000: "draining", 1001: "drained", 2000: "up", 2001: "up" });
  scene.run();
  await scene.timers.advance(9_500);
  scene.green = version("green", 2, 2);
  await scene.timers.advance(9_000);
  expect(scene.done).toEqual([]);
  await scene.timers.advance(2_000);
  expect([scene.end, scene.done]).toEqual([true, ["remove /web-blue"]]);
});

test("what cannot be asked for a while is asked again, and then told of", async () => {
  const scene = new Scene();
  scene.marathonFault = new MesosDnsError("MARATHON_UNREACHABLE", "it is away");
  scene.run();
  await scene.timers.advance(5_000);
  scene.marathonFault = undefined;
  scene.green = version("green", 2, 2);
  scene.answers = () => {
    throw new MesosDnsError("LB_DEPLOY_BALANCER", "nobody answers");
  };
  await scene.timers.advance(9_000);
  expect(scene.end).toBeUndefined();
  await scene.timers.advance(2_000);
  expect(scene.end).toMatchObject({ code: "LB_DEPLOY_BALANCER", message: "nobody answers" });
  expect(scene.told).toEqual(["it is away", "nobody answers"]);
});

test("an unexpected fault is not waited for", async () => {
  const scene = new Scene();
  scene.green = version("green", 2, 2);
  scene.answers = () => {
    throw new TypeError("a defect");
  };
  scene.run();
  await scene.timers.advance(0);
  expect(scene.end).toBeInstanceOf(TypeError);
});
