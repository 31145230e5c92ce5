import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { courseOf } from "../../../../src/lb/deploy/course.js";
import { type Decision, decide, underWay } from "../../../../src/lb/deploy/decide.js";
import { readStats } from "../../../../src/lb/deploy/stats.js";
import { ofGroup } from "../../../../src/lb/deploy/task-servers.js";
import { mergeDeploymentGroups } from "../../../../src/lb/deployment-groups.js";
import type { MarathonApp } from "../../../../src/sources/marathon/app.js";
import { marathonApp } from "./support.js";

/** The versions of a group, and two load balancers that follow them when they get round to it, as marathon-lb does. */
class Cluster {
  /** Place of each version's first task: those of one never have a place of the other. */
  readonly versions: Record<Colour, Version>;
  readonly labels: Readonly<Record<string, string>>;
  balancers: string[] = ["", ""];
  #clock = 0;

  constructor({ old, fresh, target, ofNew }: Start) {
    this.labels = {
      HAPROXY_DEPLOYMENT_GROUP: "/shop/web",
      HAPROXY_0_PORT: "10000",
      HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(target),
      HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(ofNew),
    };
    this.versions = {
      blue: { first: 100, started: 0, scaledAt: 0, tasks: [] },
      green: { first: 1_000, started: 0, scaledAt: 0, tasks: [] },
    };
    this.scale("blue", old);
    this.scale("green", fresh);
  }

  scale(colour: Colour, instances: number): void {
    const version = this.versions[colour];
    while (version.tasks.length < instances) version.tasks.push(version.first + version.started++);
    version.scaledAt = ++this.#clock;
  }

  kill(colour: Colour, ids: readonly string[]): void {
    const version = this.versions[colour];
    version.tasks = version.tasks.filter((port) => !ids.includes(`${colour}.${port}`));
    version.scaledAt = ++this.#clock;
  }

  app(colour: Colour): MarathonApp {
    const { tasks, scaledAt } = this.versions[colour];
    return marathonApp(`/shop/web-${colour}`, {
      labels: { ...this.labels, HAPROXY_DEPLOYMENT_STARTED_AT: colour === "blue" ? "2030-01-01" : "2030-01-02T00:00" },
      versionInfo: { lastScalingAt: new Date(scaledAt * 1_000).toISOString() },
      healthChecks: [{ protocol: "TCP" }],
      tasks: tasks.map((port) => ({
        id: `${colour}.${port}`,
        host: "agent1",
        ports: [port],
        healthCheckResults: [{ alive: true }],
      })),
    });
  }

  get apps() {
    return [this.app("blue"), this.app("green")];
  }

  /** A load balancer looks at what there is. @param busy whether the server at a port has a session */
  refresh(balancer: number, busy: (port: number) => boolean): void {
    const [merged] = mergeDeploymentGroups(this.apps);
    const lines = merged?.app.tasks.map(({ id, ports: [port = 0] }) => {
      const status = merged.draining.has(id) ? "MAINT" : "UP";
      return `shop_web_10000,agent1_192_0_2_1_${port},0,${busy(port) ? 1 : 0},${status},\n`;
    });
    this.balancers[balancer] = `# pxname,svname,qcur,scur,status,\n${lines?.join("")}shop_web_10000,BACKEND,0,0,UP,\n`;
  }

  get stats() {
    return ofGroup(this.balancers.map(readStats), this.apps);
  }

  /** How many tasks get requests from this load balancer. */
  serving(balancer: number): number {
    const ports = Object.values(this.versions).flatMap(({ tasks }) => tasks);
    return ports.filter(
      (port) =>
        (this.balancers[balancer] ?? "").includes(`_${port},0,0,UP,`) ||
        (this.balancers[balancer] ?? "").includes(`_${port},0,1,UP,`),
    ).length;
  }

  /** Whether every load balancer has taken a task out. */
  isOut(id: string): boolean {
    const port = id.split(".")[1];
    return this.balancers.every((csv) =>
      /,MAINT,/u.test(csv.split("\n").find((line) => line.includes(`_${port},`)) ?? ""),
    );
  }

  isBusy(id: string): boolean {
    const port = id.split(".")[1];
    return this.balancers.some((csv) => csv.includes(`_${port},0,1,`));
  }
}

type Colour = "blue" | "green";

interface Version {
  readonly first: number;
  started: number;
  scaledAt: number;
  tasks: number[];
}

interface Start {
  readonly old: number;
  readonly fresh: number;
  readonly target: number;
  readonly ofNew: number;
}

interface Run extends Start {
  /** Which version the other one is to give way to. */
  readonly towards: Colour;
  readonly isCompleting: boolean;
  readonly linear: number;
  readonly chances: readonly number[];
}

/** After so many waits in a row it is late. */
const PATIENCE = 12;
const MOST_ROUNDS = 4_000;
/** A load balancer that does not look for longer than that is one that hangs: then it is right to give up. */
const LONGEST_REST = 4;

/** Takes a deployment to its end, and says what it was. */
function carryOut(run: Run): { readonly end: Decision["kind"]; readonly cluster: Cluster } {
  const cluster = new Cluster(run);
  const away: Colour = run.towards === "blue" ? "green" : "blue";
  const chance = cycle(run.chances);
  const rests = [0, 0];
  const look = (balancer: number) => {
    rests[balancer] = 0;
    cluster.refresh(balancer, () => chance() < 0.3);
  };
  const enough = () => {
    for (const balancer of [0, 1]) expect(cluster.serving(balancer)).toBeGreaterThanOrEqual(run.target);
  };
  for (const balancer of [0, 1]) look(balancer);
  enough();
  let waits = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const newApp = cluster.app(run.towards);
    const oldApp = cluster.app(away);
    const course = courseOf(newApp, run.isCompleting);
    const isLate = waits > PATIENCE;
    const decision = decide({ newApp, oldApp, balancers: cluster.stats, course, linear: run.linear, isLate });
    if (decision.kind === "done") return { end: "done", cluster };
    if (decision.kind === "delete") {
      for (const { id } of oldApp.tasks) expect(cluster.isOut(id)).toBe(true);
      cluster.kill(
        away,
        oldApp.tasks.map(({ id }) => id),
      );
      enough();
      return { end: "delete", cluster };
    }
    if (decision.kind === "wait") {
      expect(isLate, decision.why).toBe(false);
      waits++;
    } else {
      waits = 0;
      for (const id of decision.kill) {
        expect(cluster.isOut(id)).toBe(true);
        expect(cluster.isBusy(id) && !isLate).toBe(false);
      }
      cluster.kill(away, decision.kill);
      enough();
      // Between the two, anything may happen.
      if (chance() < 0.3) look(Math.round(chance()));
      enough();
      if (decision.scaleTo !== undefined) {
        expect(decision.scaleTo).toBeGreaterThan(newApp.instances);
        expect(decision.scaleTo).toBeLessThanOrEqual(course.goal);
        cluster.scale(run.towards, decision.scaleTo);
      }
    }
    for (const balancer of [0, 1]) {
      const rest = (rests[balancer] ?? 0) + 1;
      rests[balancer] = rest;
      if (chance() < 0.6 || rest > LONGEST_REST) look(balancer);
    }
    enough();
  }
  throw new Error("it does not come to an end");
}

function cycle(numbers: readonly number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length] ?? 0;
}

const CHANCES = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 200 });
const COMMON = { linear: fc.integer({ min: 0, max: 4 }), chances: CHANCES };

describe("a deployment", () => {
  test("ends with all of the new version, never with fewer that serve than before, and kills nobody who has work", () => {
    const run = fc.record({ target: fc.integer({ min: 1, max: 12 }), ...COMMON });
    fc.assert(
      fc.property(run, ({ target, linear, chances }) => {
        const start = { old: target, fresh: 1, target, ofNew: 0 };
        const { end, cluster } = carryOut({ ...start, towards: "green", isCompleting: false, linear, chances });
        expect(end).toBe("delete");
        expect(cluster.versions.green.tasks.length).toBe(target);
      }),
      { numRuns: 20 },
    );
  });

  test("is resumed from wherever it was", () => {
    const run = fc.record({ target: fc.integer({ min: 1, max: 12 }), more: fc.nat(12), spare: fc.nat(12), ...COMMON });
    fc.assert(
      fc.property(run, ({ target, more, spare, linear, chances }) => {
        const fresh = Math.min(target, 1 + more);
        const start = { old: target - fresh + (spare % (fresh + 1)), fresh, target, ofNew: 0 };
        expect(carryOut({ ...start, towards: "green", isCompleting: false, linear, chances }).end).toBe("delete");
      }),
      { numRuns: 20 },
    );
  });

  test("stops at a mix, which then ends as either version", () => {
    const run = fc.record({
      target: fc.integer({ min: 2, max: 12 }),
      part: fc.nat(11),
      towards: fc.constantFrom<Colour>("blue", "green"),
      ...COMMON,
    });
    fc.assert(
      fc.property(run, ({ target, part, towards, linear, chances }) => {
        const ofNew = 1 + (part % (target - 1));
        const start = { old: target, fresh: 1, target, ofNew };
        const { end, cluster } = carryOut({ ...start, towards: "green", isCompleting: false, linear, chances });
        const { blue, green } = cluster.versions;
        expect([end, blue.tasks.length, green.tasks.length]).toEqual(["done", target - ofNew, ofNew]);
        const mix = { old: target - ofNew, fresh: ofNew, target, ofNew };
        const last = carryOut({ ...mix, towards, isCompleting: true, linear, chances });
        expect([last.end, last.cluster.versions[towards].tasks.length]).toEqual(["delete", target]);
      }),
      { numRuns: 20 },
    );
  });

  test("waits while Marathon deploys either version, and says what for", () => {
    const green = marathonApp("/web-green", { instances: 2, deployments: [{ id: "1" }], tasks: [{ id: "a" }] });
    const blue = marathonApp("/web-blue");
    const text = "Marathon is deploying /web-green, of which 1 of 2 instances are well";
    expect(underWay(green, blue)).toBe(text);
    expect(underWay(blue, green)).toBe(text);
    expect(underWay(blue, blue)).toBeUndefined();
  });

  test("replaces a version of which some fail, and takes those first", () => {
    const cluster = new Cluster({ old: 3, fresh: 1, target: 3, ofNew: 0 });
    const [newApp, blue] = [cluster.app("green"), cluster.app("blue")];
    const tasks = blue.tasks.map((task, place) => (place === 2 ? { ...task, health: [false] } : task));
    const oldApp = { ...blue, tasks };
    for (const balancer of [0, 1]) cluster.refresh(balancer, () => true);
    const without = (status: string) =>
      cluster.balancers.map((csv) =>
        csv.replace("_102,0,1,UP,", `_102,0,${status}`).replace("_100,0,1,MAINT", "_100,0,1,UP"),
      );
    const decided = (csv: readonly string[]) => {
      const balancers = ofGroup(csv.map(readStats), cluster.apps);
      return decide({ newApp, oldApp, balancers, course: courseOf(newApp, false), linear: 0, isLate: false });
    };
    expect(decided(without("0,DOWN,"))).toEqual({ kind: "step", kill: ["blue.102"], scaleTo: 2 });
    expect(decided(without("1,DOWN,"))).toMatchObject({ kind: "wait" });
    expect(decided(without("0,UP,"))).toMatchObject({ kind: "wait" });
  });

  test("waits for a load balancer that does not know the new tasks yet, however many serve in another", () => {
    const cluster = new Cluster({ old: 2, fresh: 1, target: 2, ofNew: 0 });
    cluster.refresh(0, () => false);
    cluster.refresh(1, () => false);
    cluster.balancers[1] = (cluster.balancers[1] ?? "").replace(/^.*_1000,.*\n/mu, "");
    const [oldApp, newApp] = cluster.apps as [MarathonApp, MarathonApp];
    const course = courseOf(newApp, false);
    const situation = { newApp, oldApp, balancers: cluster.stats, course, linear: 0 };
    const why = "0 of 1 instances of /shop/web-green get requests from every load balancer";
    expect(decide({ ...situation, isLate: false })).toEqual({ kind: "wait", why });
    expect(decide({ ...situation, isLate: true })).toEqual({ kind: "wait", why });
  });
});
