import { PassThrough } from "node:stream";
import { MesosDnsError } from "../../../../../src/base/errors.js";
import type { Cluster } from "../../../../../src/sources/mesos/cluster.js";
import { ClusterFeed, type FeedConfig } from "../../../../../src/sources/mesos/live/feed.js";
import { type LiveReport, NOTHING_FOLLOWED } from "../../../../../src/sources/mesos/live/report.js";
import { countRecords } from "../../../../../src/views/mesos-dns/record-count.js";
import type { Json } from "../../../../support/json.js";
import { HEARTBEAT, recordOf, subscribed } from "../../../../support/operator-api.js";
import { ManualTimers, settle } from "../../../../support/timers.js";
import { configOf } from "../../../config/support.js";
import { FULL, outline, stateFrom } from "./support.js";

const MASTERS = { m1: { host: "192.0.2.1", port: 5050 }, m2: { host: "192.0.2.2", port: 5050 } };
export const CONFIG: FeedConfig = {
  refreshSeconds: 60,
  updates: "stream",
  failoverGrace: 600,
  maxShrink: 50,
  stateMaxBytes: 1_000_000,
};

/** A feed whose master is the test. What it serves, requests and receives is in `log`, with the second in which it happened. */
export function setUp(state: Json = FULL, config: Partial<FeedConfig> = {}, restored?: Cluster) {
  const timers = new ManualTimers();
  const log: string[] = [];
  const note = (what: string) => log.push(`${Math.round(timers.now() / 10) / 100} ${what}`);
  const script = {
    leader: "m1" as keyof typeof MASTERS,
    state,
    fetchMs: 0,
    noEvents: false,
    serveMs: 0,
  };
  let body = new PassThrough();
  let report: LiveReport = NOTHING_FOLLOWED;
  const wait = (ms: number) => new Promise<void>((resolve) => timers.after(ms, resolve));
  const access = {
    read: async (signal: AbortSignal) => {
      note("fetch");
      const leader = MASTERS[script.leader];
      const read = stateFrom({ id: script.leader, ...script.state }, { address: `${leader.host}:5050` });
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      if (script.fetchMs > 0) await Promise.race([wait(script.fetchMs), aborted]);
      signal.throwIfAborted();
      const { cluster, registry } = read;
      return { cluster, registry, leader, masters: [leader], bytes: 1, fetchMs: 1, parseMs: 1 };
    },
    subscribe: async (signal: AbortSignal) => {
      note("subscribe");
      if (script.noEvents) throw new MesosDnsError("STREAM_UNSUPPORTED", "no stream");
      const own = new PassThrough();
      body = own;
      signal.addEventListener("abort", () => own.destroy(new Error("aborted")));
      own.write(recordOf(subscribed(script.state, 3600)) + recordOf(HEARTBEAT));
      return { body: own, from: MASTERS[script.leader] };
    },
    close: async () => {
      note("close");
    },
  };
  const feed = new ClusterFeed({
    access,
    config: { ...CONFIG, ...config },
    timers,
    random: () => 0,
    wallClock: () => timers.now() + 1_700_000_000_000,
    restored,
    count: (each, masters) => countRecords(each, masters, configOf()),
    serve: async (each) => {
      if (script.serveMs > 0) await wait(script.serveMs);
      note(outline(each).slice(1).join("; "));
    },
    onFailure: (error) => note(`failure: ${String(error)}`),
    onReport: (next) => {
      report = next;
    },
  });
  /** Sends messages as records, a text as it is. */
  const say = async (...messages: (Json | string)[]) => {
    for (const message of messages) body.write(typeof message === "string" ? message : recordOf(message));
    await settle();
  };
  return { feed, timers, log, script, say, access, report: () => report };
}

/** The seconds in which something happened. */
export const times = (log: readonly string[], what: string) =>
  log.filter((line) => line.endsWith(` ${what}`)).map((line) => Number.parseFloat(line));
