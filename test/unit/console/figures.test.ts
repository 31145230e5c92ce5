import { describe, expect, it } from "vitest";
import { ChangeList, MAX_KEPT } from "../../../src/console/change-list.js";
import type { Figures } from "../../../src/console/figures.js";
import { noticesBetween } from "../../../src/console/notices.js";
import { HISTORY_SECONDS, Sampler } from "../../../src/console/sampler.js";
import { QueryStats } from "../../../src/serving/query-stats.js";
import { TYPE } from "../../../src/wire/protocol.js";
import { BUILD, FORWARDING, STATUS } from "../http/support.js";

const LOCAL = 0;
const A = { query: { type: TYPE.A }, rcode: 0, truncated: false };

function setUp() {
  const stats = new QueryStats();
  const clock = { now: 0 };
  const forwarding = { ...FORWARDING, cache: { ...FORWARDING.cache } };
  const sampler = new Sampler({
    stats: [stats],
    status: () => ({ ...STATUS, build: BUILD }),
    forwarding: () => forwarding,
    isForwarding: () => true,
    told: () => ({ reasons: [], notes: [] }),
    changes: () => 3,
    wallClock: () => 1_700_000_000_000 + clock.now,
    now: () => clock.now,
  });
  const later = (seconds: number) => {
    clock.now += seconds * 1_000;
    return sampler.sample();
  };
  return { stats, sampler, later, forwarding };
}

describe("figures", () => {
  it("are rates of the time since the last ones", () => {
    const { stats, sampler, later } = setUp();
    sampler.sample();
    for (let i = 0; i < 20; i++) stats.answered(0, LOCAL, 60, A);
    stats.answered(0, LOCAL, 60, { ...A, rcode: 3 });
    const { queries, types, rcodes, changes } = later(2);
    expect([queries, types, rcodes, changes]).toEqual([
      { local: 10.5, forward: 0, none: 0 },
      { A: 10.5 },
      { NOERROR: 10, NXDOMAIN: 0.5 },
      3,
    ]);
    expect(later(1).queries.local).toBe(0);
  });

  it("have the latency of the last ten seconds, between two bounds", () => {
    const { stats, sampler, later } = setUp();
    sampler.sample();
    expect(later(1).latency.local).toBeNull();
    stats.took(LOCAL, 0.000_02, 99);
    stats.took(LOCAL, 0.04, 1);
    const { local } = later(1).latency;
    expect(local?.p50).toBeGreaterThan(0.000_01);
    expect(local?.p50).toBeLessThan(0.000_025);
    expect(local?.p99).toBe(0.000_025);
    for (let i = 0; i < 8; i++) expect(later(1).latency.local).not.toBeNull();
    later(1);
    expect(later(1).latency.local).toBeNull();
  });

  it("have the share of the cache's hits, if it was asked", () => {
    const { sampler, later, forwarding } = setUp();
    sampler.sample();
    expect(later(1).forwarding?.hitRate).toBeNull();
    forwarding.cache = { ...forwarding.cache, hits: 93, misses: 11 };
    expect(later(1).forwarding?.hitRate).toBe(0.75);
  });

  it("are kept for the charts, and no longer", () => {
    const { sampler, later } = setUp();
    for (let i = 0; i < HISTORY_SECONDS + 20; i++) later(1);
    expect(sampler.history.local).toHaveLength(HISTORY_SECONDS);
    sampler.clear();
    expect([sampler.history.local, sampler.last]).toEqual([[], undefined]);
  });
});

describe("notices", () => {
  const { sampler } = setUp();
  const figures = sampler.sample();
  const withCluster = (changes: Partial<Figures["cluster"]>): Figures => ({
    ...figures,
    cluster: { ...figures.cluster, ...changes },
  });
  const told = (changes: Partial<Figures["cluster"]>, before: Partial<Figures["cluster"]> = {}) =>
    noticesBetween(withCluster(before), withCluster(changes)).map(({ kind, text }) => `${kind}: ${text}`);

  it("are none while nothing changes", () => {
    expect(noticesBetween(figures, figures)).toEqual([]);
  });

  it("say who leads now", () => {
    expect(told({ leader: "192.0.2.2:5050" }, { leader: "192.0.2.1:5050" })).toEqual([
      "leader: 192.0.2.2:5050 leads, in place of 192.0.2.1:5050.",
    ]);
    expect(told({ leader: null }, { leader: "192.0.2.1:5050" })).toEqual([]);
  });

  it("say that the master's events are lost, why, and that they are back", () => {
    const lost = { stream: "disconnected", streamFailure: "connection refused" } as const;
    expect(told(lost, { stream: "connected" })).toEqual([
      "stream: The master's events are lost; it is polled: connection refused.",
    ]);
    expect(told({ stream: "connected" }, lost)).toEqual(["stream: The master's events are followed."]);
  });

  it("say what the guard holds, and why", () => {
    const held = { agents: 2, frameworks: 1, tasks: 7, until: null };
    const none = { agents: 0, frameworks: 0, tasks: 0, until: null };
    expect(told({ held }, { held: none })).toEqual([
      "guard: The names of 7 tasks are held: 2 agents and 1 frameworks have not come back to the new leader (failoverGrace).",
    ]);
    expect(told({ held: none }, { held })).toEqual(["guard: No names are held any more."]);
    expect(told({ heldState: { since: 0, records: 100, remaining: 10 } }, { heldState: null })).toEqual([
      "guard: A state is held that would leave 10 of 100 records, until it is confirmed (maxShrink).",
    ]);
  });

  it("say that the state is stale, and that a resolver is down", () => {
    expect(told({ stale: true }, { stale: false })).toEqual(["stale: The state is too old; it is served as stale."]);
    const { forwarding } = figures;
    if (!forwarding) throw new Error("nothing is forwarded");
    const [first, ...others] = forwarding.upstreams;
    const down = { ...first, health: "down", lastFailure: "timeout" } as typeof first;
    const notices = noticesBetween(
      { ...figures, forwarding: { ...forwarding, upstreams: [{ ...down, health: "up" }, ...others] } },
      { ...figures, forwarding: { ...forwarding, upstreams: [down, ...others] } },
    );
    expect(notices.map(({ text }) => text)).toEqual([`Resolver ${first?.resolver} is down: timeout.`]);
  });
});

describe("the list of changes", () => {
  const started = { kind: "task-started", text: "web runs." } as const;

  it("numbers changes, and gives those behind a number", () => {
    const list = new ChangeList(() => 1_700_000_000_000);
    list.add([started, started]);
    const [first, second] = list.since(0);
    expect(second?.id).toBe((first?.id ?? 0) + 1);
    expect(list.since(first?.id ?? 0)).toEqual([second]);
    expect([list.since(0, 1), list.last]).toEqual([[second], second?.id]);
    expect(first?.at).toBe("2023-11-14T22:13:20.000Z");
  });

  it("has larger numbers in a later process", () => {
    const before = new ChangeList(() => 1_700_000_000_000);
    before.add(Array.from({ length: 500 }, () => started));
    expect(new ChangeList(() => 1_700_000_001_000).last).toBeGreaterThan(before.last);
  });

  it("keeps only the last ones", () => {
    const list = new ChangeList(() => 0);
    list.add(Array.from({ length: MAX_KEPT + 10 }, () => started));
    expect([list.since(0).length, list.since(0)[0]?.id]).toEqual([MAX_KEPT, 11]);
  });

  it("counts those of the last minute, and those that were only counted", () => {
    const clock = { now: 1_700_000_000_000 };
    const list = new ChangeList(() => clock.now);
    list.add([started]);
    clock.now += 61_000;
    list.add([started, { kind: "more", text: "", count: 40 }, { kind: "names", text: "", count: 9 }]);
    expect(list.lastMinute).toBe(41);
  });
});
