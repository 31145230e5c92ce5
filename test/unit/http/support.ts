import { PassThrough } from "node:stream";
import { systemTimers } from "../../../src/base/timers.js";
import type { ForwardReport } from "../../../src/forward/report.js";
import { createApi } from "../../../src/http/api.js";
import { CatalogBoard } from "../../../src/http/catalog/board.js";
import { TrustedProxies } from "../../../src/http/client-address.js";
import type { ApiContext } from "../../../src/http/context.js";
import { VipBoard } from "../../../src/http/vips/board.js";
import { NOTHING_FOLLOWED } from "../../../src/sources/mesos/live/report.js";
import type { BuildReport, ServerStatus } from "../../../src/status/status.js";
import type { TransferNumbers } from "../../../src/transfer/report.js";
import { ManualTimers } from "../../support/timers.js";
import { snapshotOf } from "../../support/zone.js";
import { configOf } from "../config/support.js";

/** As docs/http-api.md shows it. */
const TRANSFERS: TransferNumbers = {
  transfers: [],
  fallbacks: [],
  signatures: [],
  bytes: 512,
  seconds: { buckets: [], sum: 0 },
  secondaries: [
    {
      address: "192.0.2.5",
      key: "knot1",
      zone: "mesos",
      serial: 1_627_027_403,
      last: {
        kind: "ixfr",
        serial: 1_627_027_403,
        at: Date.parse("2026-11-26T06:37:51.947Z"),
        octets: 512,
        seconds: 0.002,
      },
    },
  ],
  running: 0,
  journalBytes: 20_480,
  journalSteps: [["mesos", 40]],
  notifies: [],
  targets: [{ target: "192.0.2.5:53", zone: "mesos", lag: 0, state: "answered" }],
};

export const NOW = 1_700_000_100_000;

export const BUILD: BuildReport = {
  generation: 7,
  serial: 1_700_000_000,
  names: 12,
  records: 34,
  frameworks: 2,
  tasks: 5,
  agents: 3,
  changedShards: 4,
  seconds: { fetch: 0.5, parse: 0.25, resolve: 0.1, generate: 0.05, compile: 0.2 },
  stateBytes: 123_456,
  leader: "192.0.2.1:5050",
  hidden: 3,
  failedOpen: ["www.mesos A"],
  skipped: [
    { kind: "task", id: "t1", reason: "no_address", detail: "none" },
    { kind: "task", id: "t2", reason: "no_address", detail: "none" },
  ],
  fetchedAt: NOW - 10_000,
};

export const STATUS: ServerStatus = {
  startedAt: NOW - 60_000,
  dns: "listening",
  fetches: 6,
  failures: { MASTER_TIMEOUT: 2 },
  build: BUILD,
  restoredFrom: undefined,
  failure: undefined,
  stale: false,
  zookeeper: undefined,
  live: NOTHING_FOLLOWED,
  recordsFile: { failures: 2, isFaulty: true },
  builderRestarts: 0,
};

/** An upstream that has answered nine of ten queries. */
export const FORWARDING: ForwardReport = {
  upstreams: {
    "192.0.2.53:53": {
      health: "up",
      roundTripSeconds: 0.0042,
      inFlight: 1,
      queries: 11,
      results: { answered: 9, servfail: 0, refused: 0, timeout: 1, network_error: 0, bad_reply: 0 },
      ignored: { unexpected: 2, question: 0, malformed: 0, letter_case: 0 },
      roundTrips: { buckets: [0, 3, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0], sum: 0.12 },
      mixedCase: true,
      mindsCase: false,
      lastFailure: "no answer in time",
    },
  },
  cache: {
    entries: 8,
    positive: 5,
    nodata: 1,
    nxdomain: 2,
    bytes: 6400,
    maxBytes: 67_108_864,
    hits: 90,
    misses: 10,
    stale: 1,
    prefetches: 2,
    evictions: 0,
  },
  waiting: 3,
  questions: 1,
  joined: 2,
  overLimit: 0,
};

/** Records of a small cluster: one service with two instances, one of which has two addresses. */
export const LINES = [
  "leader.mesos A 192.0.2.1",
  "_leader._tcp.mesos SRV leader.mesos 5050",
  "_leader._udp.mesos SRV leader.mesos 5050",
  "ns1.mesos A 192.0.2.53",
  "web.marathon.mesos A 192.0.2.10",
  "web.marathon.mesos A 192.0.2.11",
  "web.marathon.mesos AAAA 2001:db8::a",
  "web-aaaaa-s0.marathon.slave.mesos A 192.0.2.10",
  "web-bbbbb-s1.marathon.slave.mesos A 192.0.2.11",
  "web-bbbbb-s1.marathon.slave.mesos AAAA 2001:db8::a",
  "_web._tcp.marathon.mesos SRV web-aaaaa-s0.marathon.slave.mesos 31000",
  "_web._tcp.marathon.mesos SRV web-bbbbb-s1.marathon.slave.mesos 31001",
  "_http._web._tcp.marathon.mesos SRV web-bbbbb-s1.marathon.slave.mesos 31001",
];

/** An API for that cluster, and its log. */
export function apiOf(changes: Partial<ApiContext> = {}) {
  const logged: unknown[][] = [];
  const ownSnapshot = snapshotOf(LINES);
  const snapshot = changes.snapshot ?? (() => ownSnapshot);
  const pinned = { now: 0 };
  const config = configOf();
  const api = createApi({
    config: () => config,
    configFile: "/etc/mesos-dns/config.json",
    version: "1.2.3",
    hostname: "Ns1",
    snapshot,
    health: { report: () => undefined, override: () => Promise.reject(new Error("nothing is checked")) },
    pinSnapshot: () => {
      pinned.now++;
      return { snapshot: snapshot(), release: () => void pinned.now-- };
    },
    status: () => STATUS,
    forwarding: () => FORWARDING,
    top: async () => ({
      seconds: 60,
      queries: 1_200,
      missed: 0,
      top: {
        name: [{ key: "web.marathon.mesos.", count: 700 }],
        client: [{ key: "192.0.2.77", count: 900 }],
        type: [{ key: "A", count: 1_000 }],
        rcode: [{ key: "NOERROR", count: 1_190 }],
        zone: [{ key: "local", count: 1_100 }],
        transport: [{ key: "udp", count: 1_200 }],
      },
    }),
    explain: async () => [{ reason: "no_such_name", text: "There is no such name: NXDOMAIN." }],
    flushCache: async () => 3,
    transfers: () => TRANSFERS,
    now: () => NOW,
    enumerate: () => chunksOf(['{"frameworks":[', "]}"]),
    answerOverHttps: async () => undefined,
    metrics: async () => ({
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      body: new TextEncoder().encode("up 1\n"),
    }),
    proxies: () => new TrustedProxies([]),
    random: () => 0,
    timers: systemTimers,
    catalog: new CatalogBoard(false),
    console: { assets: () => undefined, ask: async () => undefined, consul: () => undefined },
    vips: new VipBoard(false, new ManualTimers(), () => 0),
    log: { error: (...line: unknown[]) => logged.push(line), warn: (...line: unknown[]) => logged.push(line) },
    ...changes,
  });
  return { api, logged, pinned, config };
}

export async function* chunksOf(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

/** The body of a GET, as JSON. */
export async function get(path: string, changes: Partial<ApiContext> = {}): Promise<unknown> {
  const response = await apiOf(changes).api.request(path);
  return response.json();
}

/** The connection of a request: the part that the API reads. */
export function from(remoteAddress: string) {
  const socket = new PassThrough();
  return { incoming: { socket: Object.assign(socket, { remoteAddress }) } };
}
