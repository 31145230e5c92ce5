import { describe, expect, it } from "vitest";
import type { Config } from "../../../../src/config/config.js";
import { Masters } from "../../../../src/sources/mesos/masters.js";
import type { ZooKeeperNews } from "../../../../src/sources/mesos/zookeeper/news.js";
import { ManualTimers } from "../../../support/timers.js";
import { configOf } from "../../config/support.js";
import { ScriptedEnsemble } from "./zookeeper/support.js";

const ZK = "zk://ops:s3cret@192.0.2.1:2181/mesos";
const OTHER = "zk://192.0.2.2:2181/mesos";
const LISTED = [{ host: "192.0.2.1", port: 5050 }];
const never = new AbortController().signal;

/** What Masters reports is in `told`, in order; `ask` returns the candidates under a configuration. */
function setUp() {
  const timers = new ManualTimers();
  const ensemble = new ScriptedEnsemble();
  const told: string[] = [];
  const masters = new Masters({
    connect: ensemble.connect,
    timers,
    random: () => 0,
    wallClock: () => 1_700_000_000_000,
    onNews: (news) => told.push(show(news)),
    onLeader: () => told.push("leader"),
    onMasters: () => told.push("masters"),
  });
  const ask = (config: Config) => masters.source(config).candidates(undefined, never);
  return { timers, ensemble, told, masters, ask };
}

function show(news: ZooKeeperNews): string {
  if (news.kind === "election") return `election ${news.masters}`;
  if (news.kind === "failure") return `${news.failure.code} at ${news.failure.at}`;
  return news.kind === "begun" ? "begun" : `${news.kind} ${news.server}`;
}

it("without zk, the masters are the listed ones, and nothing is followed", async () => {
  const { ensemble, told, ask, masters } = setUp();
  expect(await ask(configOf())).toEqual(LISTED);
  await masters.stop();
  expect([told, ensemble.log]).toEqual([[], []]);
});

describe("with zk", () => {
  it("the first leader, another leader, and other masters are reported differently", async () => {
    const { timers, ensemble, told, masters } = setUp();
    masters.source(configOf({ zk: ZK }));
    await timers.advance(0);
    ensemble.elect({ 1: "192.0.2.11:5050" });
    await timers.advance(2_000);
    ensemble.elect({ 1: "192.0.2.11:5050", 2: "192.0.2.12:5050" });
    await timers.advance(0);
    ensemble.elect({ 2: "192.0.2.12:5050" });
    await timers.advance(0);
    expect(told).toEqual([
      "begun",
      "connected 192.0.2.1:2181",
      "ZOOKEEPER_NO_MASTERS at 1700000000000",
      "election 192.0.2.11:5050",
      "leader",
      "election 192.0.2.11:5050,192.0.2.12:5050",
      "masters",
      "election 192.0.2.12:5050",
      "leader",
    ]);
    await masters.stop();
    expect([ensemble.open, timers.pending]).toEqual([0, 0]);
  });

  it("unchanged, the connection and the election are kept when other keys change", async () => {
    const { timers, ensemble, told, ask, masters } = setUp();
    ensemble.elect({ 1: "192.0.2.11:5050" });
    masters.source(configOf({ zk: ZK }));
    await timers.advance(0);
    const seen = told.length;
    expect(await ask(configOf({ zk: ZK, masters: ["192.0.2.9:5050"], zkDetectionTimeout: 0 }))).toEqual([
      { host: "192.0.2.11", port: 5050 },
    ]);
    expect([ensemble.open, told.length]).toEqual([1, seen]);
    await masters.stop();
  });

  it("changed, the former connection is closed, and its election dropped", async () => {
    const { timers, ensemble, told, ask, masters } = setUp();
    ensemble.elect({ 1: "192.0.2.11:5050" });
    masters.source(configOf({ zk: ZK }));
    await timers.advance(0);
    const source = masters.source(configOf({ zk: OTHER }));
    expect(source.masters()).toEqual(LISTED);
    await timers.advance(0);
    expect(told.slice(-4)).toEqual(["begun", "connected 192.0.2.2:2181", "election 192.0.2.11:5050", "leader"]);
    expect([...ensemble.credentials]).toEqual(["ops:s3cret", undefined]);
    expect(await ask(configOf())).toEqual(LISTED);
    await timers.advance(60_000);
    expect([ensemble.open, timers.pending]).toEqual([0, 0]);
    await masters.stop();
  });
});
