import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { ZooKeeperNews } from "../../../src/sources/mesos/zookeeper/news.js";
import { ZooKeeperLog } from "../../../src/status/zookeeper-log.js";

/** A log, and its lines as level and message. */
function setUp() {
  const lines: string[] = [];
  const write = (text: string) => {
    const { level, msg } = JSON.parse(text);
    lines.push(`${pino.levels.labels[level]} ${msg}`);
  };
  const log = new ZooKeeperLog(pino({ base: null, timestamp: false }, { write }));
  return { log, lines, note: (news: ZooKeeperNews, hasListed = false) => log.note(news, hasListed) };
}

const failure = (message: string, code = "ZOOKEEPER_UNREACHABLE" as const): ZooKeeperNews => ({
  kind: "failure",
  failure: { code, message, at: 7 },
});
const election = (masters: string[], ...reasons: string[]): ZooKeeperNews => ({
  kind: "election",
  masters,
  unreadable: reasons.map((reason) => ({ node: "json.info_1", reason })),
});

describe("the log of ZooKeeper", () => {
  it("counts sessions and failures across builders and configurations", () => {
    const { log, note } = setUp();
    expect(log.status).toMatchObject({ connected: false, sessions: 0, failures: {}, masters: undefined });
    note({ kind: "begun" });
    note({ kind: "connected", server: "a:1" });
    note(election(["m:1", "n:1"]));
    expect(log.status).toMatchObject({ connected: true, sessions: 1, masters: 2, failure: undefined });
    note({ kind: "disconnected", server: "a:1", reason: "it closed the connection" });
    note(failure("down"));
    note(failure("down"));
    expect(log.status).toEqual({
      connected: false,
      sessions: 1,
      failures: { ZOOKEEPER_UNREACHABLE: 2 },
      masters: 2,
      failure: { code: "ZOOKEEPER_UNREACHABLE", message: "down", at: 7 },
    });
    note({ kind: "begun" });
    note({ kind: "connected", server: "b:1" });
    const failures = { ZOOKEEPER_UNREACHABLE: 2 };
    expect(log.status).toEqual({ connected: true, sessions: 2, failures, masters: undefined, failure: undefined });
  });

  it("explains a failure once, until its reason changes or it is over", () => {
    const { lines, note } = setUp();
    note(failure("down"));
    note(failure("down"));
    note(failure("down", undefined), true);
    note(failure("lost"), true);
    note(election(["m:1"]));
    note(failure("lost"));
    expect(lines).toEqual([
      "error cannot learn the masters from ZooKeeper, none are known: down",
      "error cannot learn the masters from ZooKeeper, those listed are used after zkDetectionTimeout: lost",
      "info masters registered in ZooKeeper",
      "error cannot learn the masters from ZooKeeper, those it named last are used: lost",
    ]);
  });

  it("reports once why a node cannot be read, and again if it could be read in between", () => {
    const { lines, note } = setUp();
    for (const reasons of [["bad"], ["bad"], [], ["bad"]]) note(election(["m:1"], ...reasons));
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([
      "error left out a master in ZooKeeper: json.info_1: bad",
      "error left out a master in ZooKeeper: json.info_1: bad",
    ]);
  });
});
