import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Cluster } from "../../../../../src/sources/mesos/cluster.js";
import { FailoverGuard } from "../../../../../src/sources/mesos/live/guard.js";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import { type MasterState, readMasterState } from "../../../../../src/sources/mesos/state.js";
import type { Json } from "../../../../support/json.js";
import { event } from "./support.js";

/**
 * Replays recordings of a real cluster as fast as possible, without servers: states and events in the order in which they arrived.
 * `npm run drill` replays them in real time.
 */
const FOLDER = new URL("../../../../../../shared/real-cluster/recordings/", import.meta.url);
const NAMES = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const ABSENT = "(left out: ../shared/real-cluster is not there)";

interface Moment {
  readonly at: number;
  readonly state?: MasterState;
  readonly message?: Json;
}

function momentsOf(name: string): Moment[] {
  const folder = new URL(`${name}/`, FOLDER);
  const states = readdirSync(folder).flatMap((file): Moment[] => {
    const match = /^state-(\d+)-[\d_]+_5050/.exec(file);
    if (!match) return [];
    const state = readMasterState(readFileSync(new URL(file, folder)));
    return [{ at: Number(match[1]), state }];
  });
  const lines = readFileSync(new URL("stream.jsonl", folder), "utf8").trim().split("\n");
  const messages = lines.flatMap((line): Moment[] => {
    const { t, event: message } = JSON.parse(line) as { t: number; event?: Json };
    return message ? [{ at: t, message }] : [];
  });
  return [...states, ...messages].sort((a, b) => a.at - b.at);
}

/** The cluster that is served after each step. */
function play(moments: readonly Moment[], grace: number): { readonly at: number; readonly served: Cluster }[] {
  const live = new LiveCluster();
  const guard = new FailoverGuard(grace);
  return moments.map(({ at, state, message }) => {
    if (state) live.applyState(state);
    if (message) live.apply(event(message));
    const served = guard.propose(live.observed, live.marks, at);
    guard.commit(served);
    live.forgetMarks();
    return { at, served };
  });
}

const tasksOf = ({ frameworks, agents }: Cluster) =>
  frameworks.flatMap(({ tasks }) => tasks).filter(({ agentId }) => agents.has(agentId));

/** How often a task that runs throughout was missing after it had first been served. */
function misses(moments: readonly Moment[], grace = 600): number {
  const clusters = play(moments, grace);
  const away = new Set(moments.flatMap(({ state }) => state?.registry.ended.map(({ id }) => id) ?? []));
  const last = tasksOf(clusters.at(-1)?.served as Cluster).map(({ id }) => id);
  const served = new Set<string>();
  let missed = 0;
  for (const { served: cluster } of clusters) {
    const now = new Set(tasksOf(cluster).map(({ id }) => id));
    for (const id of last.filter((each) => !away.has(each))) {
      if (now.has(id)) served.add(id);
      else if (served.has(id)) missed++;
    }
  }
  expect(served.size).toBeGreaterThan(5);
  return missed;
}

describe.skipIf(NAMES.length === 0).each(NAMES.length === 0 ? [ABSENT] : NAMES)("in the recording %s", (name) => {
  const moments = () => momentsOf(name);

  it("no task that runs throughout is missed over states", () => {
    expect(misses(moments().filter(({ state }) => state))).toBe(0);
  });

  it("no task that runs throughout is missed over states and events", () => {
    expect(misses(moments())).toBe(0);
  });

  it("tasks would be missed without the guard", () => {
    expect(
      misses(
        moments().filter(({ state }) => state),
        0,
      ),
    ).toBeGreaterThan(0);
  });

  it("what is served in the end is what the master reports", () => {
    const last = play(moments(), 600).at(-1)?.served as Cluster;
    const state = moments().findLast((moment) => moment.state)?.state?.cluster as Cluster;
    expect(
      tasksOf(last)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(
      tasksOf(state)
        .map(({ id }) => id)
        .sort(),
    );
    expect([...last.agents.keys()].sort()).toEqual([...state.agents.keys()].sort());
  });
});
