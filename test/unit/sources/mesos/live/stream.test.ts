import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../../src/base/errors.js";
import { EventStream } from "../../../../../src/sources/mesos/live/stream.js";
import type { Json } from "../../../../support/json.js";
import { HEARTBEAT, recordOf, subscribed, taskAdded } from "../../../../support/operator-api.js";
import { cluster } from "../../../../support/scripted-master.js";
import { ManualTimers, settle } from "../../../../support/timers.js";
import { WEB } from "./support.js";

const FROM = { host: "192.0.2.1", port: 5050 };
const BEGIN = recordOf(subscribed(cluster({}), 10)) + recordOf(HEARTBEAT);

/** A stream whose master is the test. Everything that happens is in `log`, with the second in which it happened. */
function setUp({ maxRecordBytes = 100_000 } = {}) {
  const timers = new ManualTimers();
  const log: string[] = [];
  const note = (what: string) => log.push(`${Math.round(timers.now() / 10) / 100} ${what}`);
  const script: { fails: MesosDnsError | undefined; begins: string } = { fails: undefined, begins: BEGIN };
  let body = new PassThrough();
  const stream = new EventStream({
    access: {
      subscribe: async (signal) => {
        note("subscribe");
        if (script.fails) throw script.fails;
        const own = new PassThrough();
        body = own;
        signal.addEventListener("abort", () => own.destroy(new Error("aborted")));
        own.write(script.begins);
        return { body: own, from: FROM };
      },
    },
    maxRecordBytes,
    timers,
    random: () => 0,
    onEvent: ({ type }) => note(type),
    onNews: (news) => note(news.kind === "connected" ? "connected" : `${news.error.code}: ${news.error.message}`),
  });
  const say = async (...messages: (Json | string)[]) => {
    for (const message of messages) body.write(typeof message === "string" ? message : recordOf(message));
    await settle();
  };
  return { stream, timers, log, script, say, end: () => body.end() };
}

const attempts = (log: readonly string[]) => log.filter((line) => line.endsWith(" subscribe")).map(Number.parseFloat);
const errors = (log: readonly string[]) => log.filter((line) => /[A-Z]+_[A-Z]+: /.test(line));

describe("a stream", () => {
  it("begins with the whole cluster and continues with events, wherever chunks end", async () => {
    const { stream, log, say, timers } = setUp();
    stream.start();
    await timers.advance(1_000);
    const record = recordOf(taskAdded(WEB));
    await say(record.slice(0, 40));
    await say(`${record.slice(40)}${recordOf(HEARTBEAT)}`);
    expect(log).toEqual(["0 subscribe", "0 connected", "0 SUBSCRIBED", "0 HEARTBEAT", "1 TASK_ADDED", "1 HEARTBEAT"]);
    expect(stream.from).toBe(FROM);
    await stream.stop();
    expect(timers.pending).toBe(0);
  });

  it("may begin with a heartbeat, as before Mesos 1.5.1", async () => {
    const { stream, log, script } = setUp();
    script.begins = recordOf(HEARTBEAT) + BEGIN;
    stream.start();
    await settle();
    expect(log).toEqual(["0 subscribe", "0 HEARTBEAT", "0 connected", "0 SUBSCRIBED", "0 HEARTBEAT"]);
    await stream.stop();
  });

  it("that begins with a change, before the whole cluster, is given up", async () => {
    const { stream, log, script } = setUp();
    script.begins = recordOf(taskAdded(WEB)) + BEGIN;
    stream.start();
    await settle();
    expect(log).not.toContain("0 TASK_ADDED");
    await stream.stop();
  });

  it("is lost when three heartbeats are missed, and begins again at once", async () => {
    const { stream, log, timers } = setUp();
    stream.start();
    await timers.advance(30_000);
    expect(errors(log)).toEqual([]);
    await timers.advance(1_000);
    expect(errors(log)).toEqual(["30.25 STREAM_LOST: the master was silent for 30 s, 3 heartbeats"]);
    expect(attempts(log)).toEqual([0, 30.5]);
    await stream.stop();
  });

  it("continues as long as there are heartbeats", async () => {
    const { stream, log, timers, say } = setUp();
    stream.start();
    for (let i = 0; i < 20; i++) {
      await timers.advance(29_000);
      await say(HEARTBEAT);
    }
    expect(attempts(log)).toEqual([0]);
    await stream.stop();
  });

  it("is not lost because this thread was too busy to read", async () => {
    const { stream, log, timers, say } = setUp();
    stream.start();
    await timers.block(60_000);
    await say(HEARTBEAT);
    await timers.advance(5_000);
    expect(errors(log)).toEqual([]);
    await stream.stop();
  });

  it("that never sends anything is given up too", async () => {
    const { stream, log, timers, script } = setUp();
    script.begins = "";
    stream.start();
    await timers.advance(46_000);
    expect(errors(log)).toEqual(["45.25 STREAM_LOST: the master was silent for 45 s, 3 heartbeats"]);
    await stream.stop();
  });

  it("that ends begins again", async () => {
    const { stream, log, timers, end } = setUp();
    stream.start();
    await timers.advance(20_000);
    end();
    await timers.advance(1_000);
    expect(errors(log)).toEqual(["20 STREAM_LOST: Mesos master 192.0.2.1:5050: it ended the stream"]);
    expect(attempts(log)).toEqual([0, 20.25]);
    await stream.stop();
  });

  it.each([
    ["garbage between records", "hello", /^0 STREAM_INVALID: Mesos master 192\.0\.2\.1:5050: what stands between/],
    ["a garbled record", '5\n{"a":', /^0 STREAM_INVALID: Mesos master 192\.0\.2\.1:5050: a record of the stream/],
    ["an oversized record", "100001\n", /^0 STATE_TOO_LARGE: Mesos master 192\.0\.2\.1:5050: .* raise stateMaxBytes/],
  ])("with %s is given up and begins again", async (_, text, why) => {
    const { stream, log, timers, say } = setUp();
    stream.start();
    await settle();
    await say(text);
    expect(errors(log)).toEqual([expect.stringMatching(why)]);
    await timers.advance(300);
    expect(attempts(log)).toEqual([0, 0.25]);
    await stream.stop();
  });
});

describe("attempts", () => {
  const down = new MesosDnsError("MASTER_STATUS", "Mesos master 192.0.2.1:5050 answered 503");

  it("come after 0.25, 0.5, 1, … seconds, at most ten seconds", async () => {
    const { stream, log, timers, script } = setUp();
    script.fails = down;
    stream.start();
    await timers.advance(40_000);
    expect(attempts(log)).toEqual([0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 25.75, 35.75]);
    await stream.stop();
  });

  it("begin at once when the leader changes", async () => {
    const { stream, log, timers, script } = setUp();
    script.fails = down;
    stream.start();
    await timers.advance(17_000);
    script.fails = undefined;
    stream.restart();
    await timers.advance(1_000);
    expect(attempts(log).at(-1)).toBe(17);
    expect(log.at(-1)).toBe("17 HEARTBEAT");
    await stream.stop();
  });

  it("that replace a stream being read do not count as failures", async () => {
    const { stream, log, timers } = setUp();
    stream.start();
    await timers.advance(5_000);
    stream.restart();
    await timers.advance(5_000);
    expect(attempts(log)).toEqual([0, 5]);
    expect(errors(log)).toEqual([]);
    await stream.stop();
  });

  it("end if the master supports no stream, until the leader changes", async () => {
    const { stream, log, timers, script } = setUp();
    script.fails = new MesosDnsError("STREAM_UNSUPPORTED", "no stream");
    stream.start();
    await timers.advance(3_600_000);
    expect(attempts(log)).toEqual([0]);
    expect(errors(log)).toEqual(["0 STREAM_UNSUPPORTED: no stream"]);
    script.fails = undefined;
    stream.restart();
    await timers.advance(1_000);
    expect(log.at(-1)).toBe("3600 HEARTBEAT");
    await stream.stop();
  });
});
