import { pino } from "pino";
import { expect, it } from "vitest";
import { StateLog } from "../../../src/status/state-log.js";
import type { BuildReport } from "../../../src/status/status.js";

/** A log, and its lines as level and message. */
function setUp() {
  const lines: string[] = [];
  const write = (text: string) => {
    const { level, msg } = JSON.parse(text);
    lines.push(`${pino.levels.labels[level]} ${msg}`);
  };
  return { log: new StateLog(pino({ base: null, timestamp: false, level: "debug" }, { write })), lines };
}

const build = (generation: number, leader = "m:1") => ({ generation, leader }) as BuildReport;
const failure = (message: string) => ({ code: "MASTER_TIMEOUT", message, at: 7 }) as const;

it("the log of the state reports the first zone, changes, and a new leader", () => {
  const { log, lines } = setUp();
  log.noteBuild(build(1), true);
  log.noteBuild(build(1), true);
  log.noteBuild(build(2), false);
  log.noteBuild(build(2, "n:1"), true);
  expect(lines).toEqual(["info serving the cluster's names", "debug the zone changed", "info new leading master"]);
  expect(log.status).toEqual({ fetches: 3, failures: {}, build: build(2, "n:1"), failure: undefined });
});

it("the log of the state counts every failure, and reports each kind once, with what is served meanwhile", () => {
  const { log, lines } = setUp();
  log.noteFailure(failure("slow"));
  log.noteBuild(build(1), true);
  for (const reason of ["slow", "slow", "slower"]) log.noteFailure(failure(reason));
  expect(log.status).toMatchObject({ failures: { MASTER_TIMEOUT: 4 }, failure: failure("slower") });
  log.noteBuild(build(1), true);
  expect(lines).toEqual([
    "error cannot get the Mesos state, there is no zone to serve yet: slow",
    "info the Mesos state can be fetched again",
    "info serving the cluster's names",
    "error cannot get the Mesos state, the last good zone is served: slow",
    "error cannot get the Mesos state, the last good zone is served: slower",
    "info the Mesos state can be fetched again",
  ]);
  expect(log.status.failure).toBeUndefined();
});
