import { parseAddress } from "../../../src/base/addresses.js";
import { NOT_READY } from "../../../src/explain/explain.js";
import type { Finding, Reason } from "../../../src/explain/finding.js";
import type { ServerState } from "../../../src/explain/server.js";
import { explainWith, type ServerSide } from "../../../src/explain/with-server.js";
import { NOTHING_FOLLOWED } from "../../../src/sources/mesos/live/report.js";
import { ClusterFacts } from "../../../src/views/facts.js";
import { TYPE } from "../../../src/wire/protocol.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { configOf } from "../config/support.js";
import { basisOf, crowd, findingsOf } from "./support.js";

const STATE: ServerState = { isStale: false, fetchedAt: 1_000, live: NOTHING_FOLLOWED, now: 61_000 };
const UP = {
  health: "up",
  roundTripSeconds: 0.012,
  inFlight: 0,
  queries: 1,
  results: { answered: 1, servfail: 0, refused: 0, timeout: 0, network_error: 0, bad_reply: 0 },
  ignored: {} as never,
  roundTrips: { buckets: [], sum: 0 },
  mixedCase: true,
  mindsCase: false,
  lastFailure: "",
} as const;

function sideOf(question: string, changes: Partial<ServerSide> = {}, keys: object = {}): ServerSide {
  return {
    question,
    client: undefined,
    config: configOf({ resolvers: ["192.0.2.53"], ...keys }),
    zones: ["mesos"],
    upstreams: { "192.0.2.53:53": UP },
    cached: async () => [],
    state: STATE,
    ...changes,
  };
}

/** What a server says of it all. */
function served(changes: Partial<ServerSide> = {}, keys: object = {}) {
  return async (question: string): Promise<readonly Finding[]> =>
    explainWith(findingsOf(question, await basisOf(keys)), sideOf(question, changes, keys));
}

const live = (changes: object) => ({ state: { ...STATE, live: { ...NOTHING_FOLLOWED, ...changes } } });
const client = (text: string) => ({ client: parseAddress(text) });

/** Of a question, a finding that it has to have, and what finds it. */
export const SERVER_CASES: readonly (readonly [
  question: string,
  reason: Reason,
  text: RegExp,
  findings: (question: string) => Promise<readonly Finding[]>,
])[] = [
  [
    "www.example.com",
    "forwarded",
    /is forwarded to resolvers/,
    async (question) => explainWith([NOT_READY], sideOf(question)),
  ],
  ["www.example.com", "forwarded", /is forwarded to resolvers: 192\.0\.2\.53:53\.$/, served()],
  ["www.example.com", "resolver", /^192\.0\.2\.53:53 is up: it answers in 12 ms\.$/, served()],
  ["www.example.com", "not_cached", /^No answer for www\.example\.com is in the cache\.$/, served()],
  [
    "www.example.com",
    "cached",
    /^A of www\.example\.com is cached \(NOERROR with 2 records\), for 40 s more\.$/,
    served({ cached: async () => [{ type: TYPE.A, rcode: 0, answers: 2, secondsLeft: 40 }] }),
  ],
  [
    "www.example.com",
    "cached",
    /was to be fetched again 7 s ago; it counts only if no resolver answers\.$/,
    served({ cached: async () => [{ type: TYPE.A, rcode: 0, answers: 2, secondsLeft: -7 }] }),
  ],
  [
    "www.corp.example.com",
    "forwarded",
    /is forwarded to zoneResolvers for corp\.example\.com: 192\.0\.2\.54:53\.$/,
    served({}, { zoneResolvers: { "corp.example.com": ["192.0.2.54"] } }),
  ],
  [
    "www.example.com",
    "not_forwarded",
    /externalon is false: the answer is REFUSED\.$/,
    served({}, { externalon: false }),
  ],
  ["localhost", "local_name", /^localhost never leaves this server/, served()],
  ["1.0.0.10.in-addr.arpa", "local_name", /never leaves this server/, served()],
  [
    "web.marathon.mesos",
    "client_refused",
    /^192\.0\.2\.9 is outside allowQuery/,
    served(client("192.0.2.9"), { allowQuery: ["10.0.0.0/8"] }),
  ],
  ["www.example.com", "client_refused", /^203\.0\.113\.9 is outside allowRecursion/, served(client("203.0.113.9"))],
  ["web.marathon.mesos", "stale", /^The state is 60 s old/, served({ state: { ...STATE, isStale: true } })],
  [
    "web.marathon.mesos",
    "held_state",
    /^For 5 s a newer state of 192\.0\.2\.1:5050 has been held back, which would leave 3 of 100 records \(maxShrink\)/,
    served(live({ heldState: { since: 56_000, leader: "192.0.2.1:5050", records: 100, remaining: 3 } })),
  ],
  [
    "web.marathon.mesos",
    "held",
    /^2 tasks in all are served although the leading master does not report them \(failoverGrace\)\.$/,
    served(live({ held: { agents: 1, frameworks: 0, tasks: 2, until: 70_000 } })),
  ],
  [
    "web.1",
    "held",
    /^The leading master does not report task web\.1\. It is served as it was/,
    async (question) => findingsOf(question, { ...(await basisOf()), isReported: () => false }),
  ],
  ["web.1", "not_ready", /No state of a master has been read yet/, async () => [NOT_READY]],
  [
    "web.marathon.mesos",
    "more",
    /^So do 280 more parts of the cluster\.$/,
    async (question) => findingsOf(question, await basisOf({}, crowd())),
  ],
  [
    "web.marathon.mesos",
    "not_ready",
    /every name in it is SERVFAIL/,
    async (question) => {
      const basis = await basisOf();
      return findingsOf(question, { ...basis, snapshot: Snapshot.empty(basis.snapshot.zones.map(({ apex }) => apex)) });
    },
  ],
  [
    "edge.mesos",
    "fail_open",
    /^No value of edge\.mesos A is healthy, so all count as healthy/,
    async (question) => {
      const values = [{ value: "192.0.2.80" }, { value: "192.0.2.81" }];
      const checked = { name: "edge", type: "A", policy: "multivalue", healthCheck: "edge", values };
      const healthChecks = { edge: { type: "tcp", port: 80 } };
      const basis = await basisOf({ records: [checked], healthChecks });
      const facts = new ClusterFacts({ ...basis.facts.input, health: { isHealthy: () => false } });
      return findingsOf(question, { ...basis, facts });
    },
  ],
];
