import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../../src/base/errors.js";
import type { HostPort } from "../../../../../src/base/host-port.js";
import { electedMasters } from "../../../../../src/sources/mesos/zookeeper/masters.js";
import { ManualTimers, settle } from "../../../../support/timers.js";

const endpoint = (host: string): HostPort => ({ host, port: 5050 });
const [A, B, LISTED, LAST] = ["192.0.2.1", "192.0.2.2", "192.0.2.8", "192.0.2.9"].map(endpoint) as [
  HostPort,
  HostPort,
  HostPort,
  HostPort,
];
const GONE = new MesosDnsError("ZOOKEEPER_UNREACHABLE", "no ZooKeeper server can be used: down");
const never = new AbortController().signal;

function setUp({
  elected = [] as HostPort[],
  failure = undefined as MesosDnsError | undefined,
  listed = [LISTED],
  seconds = 30,
}) {
  const timers = new ManualTimers();
  const election = elected.length > 0 ? { masters: elected, unreadable: [] } : undefined;
  const follower = { election, failure, startedAt: 0 };
  return { timers, source: electedMasters({ follower, listed, detectionSeconds: seconds, timers }) };
}

describe("the masters that ZooKeeper names", () => {
  it("are the masters, and the leader among them is asked first, whichever led before", async () => {
    const { source } = setUp({ elected: [A, B] });
    expect(source.masters()).toEqual([A, B]);
    expect(await source.candidates(LAST, never)).toEqual([A, B]);
  });

  it("are asked together with the last leader and the listed masters while it is silent", async () => {
    const { source } = setUp({ elected: [A, B], failure: GONE });
    expect(source.masters()).toEqual([A, B]);
    expect(await source.candidates(LAST, never)).toEqual([LAST, A, B, LISTED]);
    expect(await source.candidates(undefined, never)).toEqual([A, B, LISTED]);
  });
});

describe("before ZooKeeper has named any", () => {
  it("the listed ones are asked, but only after zkDetectionTimeout", async () => {
    const { source, timers } = setUp({ failure: GONE });
    let found: readonly HostPort[] = [];
    source.candidates(LAST, never).then((masters) => {
      found = masters;
    });
    await timers.advance(29_999);
    expect([source.masters(), found]).toEqual([[LISTED], []]);
    await timers.advance(1);
    expect(found).toEqual([LAST, LISTED]);
    expect(await source.candidates(undefined, never)).toEqual([LISTED]);
  });

  it("and if none are listed, the failure after zkDetectionTimeout says why", async () => {
    const { source, timers } = setUp({ failure: GONE, listed: [] });
    await timers.advance(30_000);
    await expect(source.candidates(undefined, never)).rejects.toMatchObject({
      code: "ZOOKEEPER_UNREACHABLE",
      message: "ZooKeeper named no master within 30 s (zkDetectionTimeout): no ZooKeeper server can be used: down",
    });
  });

  it("and without any failure of it, the error says that no server has answered", async () => {
    const { source, timers } = setUp({ listed: [], seconds: 1 });
    await timers.advance(1_000);
    await expect(source.candidates(undefined, never)).rejects.toThrow("within 1 s (zkDetectionTimeout): no server has");
  });

  it("a caller waits without limit if zkDetectionTimeout is 0, until it is aborted", async () => {
    const { source, timers } = setUp({ seconds: 0 });
    const round = new AbortController();
    const waiting = source.candidates(undefined, round.signal);
    await timers.advance(1e9);
    expect(timers.pending).toBe(0);
    round.abort(new Error("stopping"));
    await expect(waiting).rejects.toThrow("stopping");
  });

  it("a wait that is aborted leaves no timer, nor does one that never begins", async () => {
    const { source, timers } = setUp({});
    const round = new AbortController();
    const waiting = source.candidates(undefined, round.signal);
    await settle();
    round.abort(new Error("stopping"));
    await expect(waiting).rejects.toThrow("stopping");
    await expect(source.candidates(undefined, round.signal)).rejects.toThrow("stopping");
    expect(timers.pending).toBe(0);
  });
});
