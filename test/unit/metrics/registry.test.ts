import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { VERSION } from "../../../src/base/version.js";
import type { ConsulReport } from "../../../src/consul/report.js";
import type { HealthReport } from "../../../src/health/report.js";
import { createRegistry } from "../../../src/metrics/registry.js";
import { QueryStats, TRANSPORTS, ZONES } from "../../../src/serving/query-stats.js";
import type { ServerStatus } from "../../../src/status/status.js";
import type { UpkeepReport } from "../../../src/status/upkeep.js";
import type { TransferNumbers } from "../../../src/transfer/report.js";
import { RCODE, TYPE } from "../../../src/wire/protocol.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { APEX, snapshotOf } from "../../support/zone.js";
import { FORWARDING, NOW, STATUS } from "../http/support.js";

const UDP = TRANSPORTS.indexOf("udp");
const TCP = TRANSPORTS.indexOf("tcp");
const LOCAL = ZONES.indexOf("local");
const FORWARD = ZONES.indexOf("forward");

let stats: QueryStats[];
beforeEach(() => {
  stats = [new QueryStats(), new QueryStats()];
});

const TRANSFERS: TransferNumbers = {
  transfers: [
    [["mesos", "ixfr", "ok"], 7],
    [["", "axfr", "refused"], 2],
  ],
  fallbacks: [[["client"], 1]],
  signatures: [[["BADSIG"], 3]],
  bytes: 12_345,
  seconds: { buckets: [1, 2, 2, 3, 3, 3, 4], sum: 5.5 },
  secondaries: [],
  running: 1,
  journalBytes: 4_096,
  journalSteps: [["mesos", 12]],
  notifies: [[["192.0.2.5:53", "answered"], 9]],
  targets: [{ target: "192.0.2.5:53", zone: "mesos", lag: 1.5, state: "answered" }],
};

const HEALTH: HealthReport = {
  instances: [
    {
      name: "edge@192.0.2.10",
      check: "edge",
      type: "http",
      address: "192.0.2.10",
      isHealthy: false,
      state: undefined,
      changes: 3,
      since: NOW,
      override: { force: "down", until: null },
    },
  ],
  durations: [["edge", { buckets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9], count: 10, sum: 4.5 }]],
  late: 2,
};

const VIPS = {
  services: 4,
  backends: { zero: 1, positive: 6 },
  skipped: new Map([["value", 2]]),
  collisions: [["b.marathon", "a.marathon"]] as const,
  without: ["c.marathon"],
};

const CONSUL: ConsulReport = {
  isOpen: true,
  counts: { services: 3, instances: 9, critical: 2, nodes: 4, skipped: 1 },
  keys: { keys: 10, octets: 11, sessions: 12, isWritable: false },
  waiting: 5,
  requests: [
    ["health", 200, 7],
    ["kv", 404, 1],
  ],
  refusedWrites: 6,
  refusedWaits: 8,
};

const COUNTS = { services: 3, instances: 5, nodes: 2, droppedFacts: 4, droppedTasks: 1 };

const UPKEEP: UpkeepReport = {
  certificates: [{ key: "tlsCertFile", file: "/etc/mesos-dns/tls.pem", expiresAt: NOW + 1_000 }],
  reloads: { isLastGood: false, loadedAt: NOW - 2_000, failures: 3 },
  disks: [{ key: "stateDir", path: "/var/lib/mesos-dns", freeBytes: 4_096, sizeBytes: 8_192 }],
  zoneSavedAt: NOW - 5_000,
};

function registryOf(status: Partial<ServerStatus> = {}, snapshot = snapshotOf(["a.mesos A 192.0.2.1"])) {
  return createRegistry({
    transfers: () => TRANSFERS,
    health: () => HEALTH,
    vips: { counts: () => VIPS, waiters: () => 7, streams: () => 8 },
    consul: () => CONSUL,
    catalog: { counts: () => COUNTS, waiters: () => 9 },
    upkeep: () => UPKEEP,
    queryLog: () => ({ written: 9, bytes: 900, overflows: 3, lost: 1, isWorking: true }),
    stats,
    status: () => ({ ...STATUS, ...status }),
    forwarding: () => FORWARDING,
    snapshot: () => snapshot,
    now: () => NOW,
  });
}

/** The lines of /metrics that begin with a name. */
async function linesOf(name: string, status: Partial<ServerStatus> = {}, snapshot?: Snapshot): Promise<string[]> {
  const text = await registryOf(status, snapshot).metrics();
  return text.split("\n").filter((line) => line.startsWith(name));
}

test("zone transfers are counted, and how far behind secondaries are", async () => {
  const { transfers, lines } = { transfers: await linesOf("mesos_dns_transfer"), lines: await linesOf("mesos_dns_") };
  expect(transfers).toContain('mesos_dns_transfers_total{zone="mesos",kind="ixfr",result="ok"} 7');
  expect(transfers).toContain('mesos_dns_transfers_total{zone="",kind="axfr",result="refused"} 2');
  expect(transfers).toContain("mesos_dns_transfer_bytes_total 12345");
  expect(transfers).toContain('mesos_dns_transfer_seconds_bucket{le="0.01"} 2');
  expect(transfers).toContain("mesos_dns_transfer_seconds_count 4");
  expect(transfers).toContain("mesos_dns_transfers_active 1");
  expect(lines).toContain('mesos_dns_ixfr_fallback_total{reason="client"} 1');
  expect(lines).toContain('mesos_dns_tsig_errors_total{error="BADSIG"} 3');
  expect(lines).toContain('mesos_dns_ixfr_journal_steps{zone="mesos"} 12');
  expect(lines).toContain('mesos_dns_notify_total{target="192.0.2.5:53",result="answered"} 9');
  expect(lines).toContain('mesos_dns_secondary_lag_seconds{target="192.0.2.5:53",zone="mesos"} 1.5');
});

describe("queries", () => {
  test("requests are counted over all threads, by transport, type and zone", async () => {
    stats[0].answered(UDP, LOCAL, 100, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: false });
    stats[0].took(LOCAL, 0.000_02, 1);
    stats[1].answered(UDP, LOCAL, 100, { query: { type: TYPE.A }, rcode: RCODE.NXDOMAIN, truncated: false });
    stats[1].took(LOCAL, 0.000_02, 1);
    stats[1].answered(TCP, FORWARD, 100, { query: { type: 65_280 }, rcode: RCODE.NOERROR, truncated: false });
    stats[1].took(FORWARD, 0.02, 1);
    const lines = await linesOf("mesos_dns_requests_total");
    expect(lines).toContain('mesos_dns_requests_total{transport="udp",type="A",zone="local"} 2');
    expect(lines).toContain('mesos_dns_requests_total{transport="tcp",type="other",zone="forward"} 1');
    expect(lines).toContain('mesos_dns_requests_total{transport="udp",type="SRV",zone="none"} 0');
  });

  test("responses are counted by rcode, the common ones from the start", async () => {
    stats[0].answered(UDP, LOCAL, 100, { query: { type: TYPE.A }, rcode: RCODE.BADVERS, truncated: false });
    stats[0].answered(UDP, FORWARD, 100, { query: { type: TYPE.A }, rcode: 13, truncated: false });
    stats[0].answered(UDP, FORWARD, 100, { query: { type: TYPE.A }, rcode: 4095, truncated: false });
    const lines = await linesOf("mesos_dns_responses_total");
    expect(lines.filter((line) => line.includes("udp"))).toEqual([
      'mesos_dns_responses_total{transport="udp",rcode="NOERROR"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="FORMERR"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="SERVFAIL"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="NXDOMAIN"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="NOTIMP"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="REFUSED"} 0',
      'mesos_dns_responses_total{transport="udp",rcode="BADVERS"} 1',
      'mesos_dns_responses_total{transport="udp",rcode="other"} 2',
    ]);
  });

  test("durations make a cumulative histogram in seconds", async () => {
    stats[0].answered(UDP, LOCAL, 100, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: false });
    stats[0].took(LOCAL, 0.000_02, 1);
    stats[1].answered(UDP, LOCAL, 100, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: false });
    stats[1].took(LOCAL, 100, 1);
    const lines = await linesOf('mesos_dns_request_duration_seconds_bucket{zone="local"');
    expect(lines[0]).toBe('mesos_dns_request_duration_seconds_bucket{zone="local",le="0.00001"} 0');
    expect(lines[1]).toBe('mesos_dns_request_duration_seconds_bucket{zone="local",le="0.000025"} 1');
    expect(lines.at(-2)).toBe('mesos_dns_request_duration_seconds_bucket{zone="local",le="10"} 1');
    expect(lines.at(-1)).toBe('mesos_dns_request_duration_seconds_bucket{zone="local",le="+Inf"} 2');
    expect(await linesOf('mesos_dns_request_duration_seconds_sum{zone="local"}')).toEqual([
      'mesos_dns_request_duration_seconds_sum{zone="local"} 100.00002',
    ]);
    expect(await linesOf('mesos_dns_request_duration_seconds_count{zone="local"}')).toEqual([
      'mesos_dns_request_duration_seconds_count{zone="local"} 2',
    ]);
  });

  test("sizes make a histogram in octets, by transport", async () => {
    stats[0].answered(TCP, LOCAL, 512, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: false });
    const lines = await linesOf('mesos_dns_response_size_bytes_bucket{transport="tcp"');
    expect(lines).toContain('mesos_dns_response_size_bytes_bucket{transport="tcp",le="256"} 0');
    expect(lines).toContain('mesos_dns_response_size_bytes_bucket{transport="tcp",le="512"} 1');
  });

  test("truncated, dropped and failed ones are counted", async () => {
    stats[0].answered(UDP, LOCAL, 512, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: true });
    stats[1].dropped(TCP);
    stats[1].failed();
    expect(await linesOf("mesos_dns_responses_truncated_total")).toContain(
      'mesos_dns_responses_truncated_total{transport="udp"} 1',
    );
    expect(await linesOf("mesos_dns_requests_dropped_total")).toContain(
      'mesos_dns_requests_dropped_total{transport="tcp"} 1',
    );
    expect(await linesOf("mesos_dns_answer_failures_total")).toEqual(["mesos_dns_answer_failures_total 1"]);
  });

  test("TCP connections are open, opened and refused", async () => {
    for (const event of ["opened", "opened", "opened", "closed", "refused"] as const) stats[0].connection(event);
    expect(await linesOf("mesos_dns_tcp_connections")).toEqual([
      "mesos_dns_tcp_connections 2",
      "mesos_dns_tcp_connections_opened_total 3",
      "mesos_dns_tcp_connections_refused_total 1",
    ]);
  });
});

test("queries are described by family, EDNS and size, and connections by their TLS handshakes", async () => {
  const from = (octets: number) => ({
    length: 40,
    client: { octets: new Uint8Array(octets) },
    channel: { transport: UDP },
  });
  stats[0].asked(from(4), { present: true, dnssecOk: false });
  stats[1].asked(from(16), { present: true, dnssecOk: true });
  for (const event of ["secured", "secured", "closed"] as const) stats[1].tls(TRANSPORTS.indexOf("https"), event);
  stats[0].tls(TRANSPORTS.indexOf("tls"), "failed");
  expect(await linesOf("mesos_dns_requests_by_family_total")).toEqual([
    'mesos_dns_requests_by_family_total{family="ipv4"} 1',
    'mesos_dns_requests_by_family_total{family="ipv6"} 1',
  ]);
  expect(await linesOf("mesos_dns_requests_edns_total")).toEqual(["mesos_dns_requests_edns_total 2"]);
  expect(await linesOf("mesos_dns_requests_dnssec_ok_total")).toEqual(["mesos_dns_requests_dnssec_ok_total 1"]);
  expect(await linesOf('mesos_dns_request_size_bytes_sum{transport="udp"}')).toEqual([
    'mesos_dns_request_size_bytes_sum{transport="udp"} 80',
  ]);
  expect(await linesOf("mesos_dns_tls_")).toEqual([
    'mesos_dns_tls_connections{transport="tls"} 0',
    'mesos_dns_tls_connections{transport="https"} 1',
    'mesos_dns_tls_handshakes_total{transport="tls",result="ok"} 0',
    'mesos_dns_tls_handshakes_total{transport="tls",result="failed"} 1',
    'mesos_dns_tls_handshakes_total{transport="https",result="ok"} 2',
    'mesos_dns_tls_handshakes_total{transport="https",result="failed"} 0',
  ]);
});

test("what has to be renewed, cleared or corrected is described with its time", async () => {
  const live = { ...STATUS.live, loginExpiresAt: NOW + 60_000 };
  expect(await linesOf("mesos_dns_login_", { live })).toEqual([
    `mesos_dns_login_token_expiry_timestamp_seconds ${(NOW + 60_000) / 1000}`,
  ]);
  expect(await linesOf("mesos_dns_login_")).toEqual([]);
  expect(await linesOf("mesos_dns_certificate_")).toEqual([
    `mesos_dns_certificate_expiry_timestamp_seconds{key="tlsCertFile",file="/etc/mesos-dns/tls.pem"} ${(NOW + 1_000) / 1000}`,
  ]);
  expect(await linesOf("mesos_dns_config_")).toEqual([
    "mesos_dns_config_last_reload_successful 0",
    `mesos_dns_config_last_reload_success_timestamp_seconds ${(NOW - 2_000) / 1000}`,
    "mesos_dns_config_reload_failures_total 3",
  ]);
  expect(await linesOf("mesos_dns_disk_")).toEqual([
    'mesos_dns_disk_free_bytes{key="stateDir",path="/var/lib/mesos-dns"} 4096',
    'mesos_dns_disk_size_bytes{key="stateDir",path="/var/lib/mesos-dns"} 8192',
  ]);
  expect(await linesOf("mesos_dns_zone_saved_")).toEqual([
    `mesos_dns_zone_saved_timestamp_seconds ${(NOW - 5_000) / 1000}`,
  ]);
});

describe("status", () => {
  test("the snapshot and the state it comes from are described", async () => {
    expect((await linesOf("mesos_dns_snapshot_")).sort()).toEqual([
      "mesos_dns_snapshot_age_seconds 10",
      "mesos_dns_snapshot_changed_shards 4",
      "mesos_dns_snapshot_generation 1",
      "mesos_dns_snapshot_names 12",
      "mesos_dns_snapshot_ready 1",
      "mesos_dns_snapshot_records 34",
      "mesos_dns_snapshot_serial 1700000000",
    ]);
    expect(await linesOf("mesos_dns_build_duration_seconds")).toContain(
      'mesos_dns_build_duration_seconds{phase="parse"} 0.25',
    );
    expect(await linesOf("mesos_dns_state_")).toEqual([
      "mesos_dns_state_fetches_total 6",
      'mesos_dns_state_failures_total{code="MASTER_TIMEOUT"} 2',
      `mesos_dns_state_last_fetch_timestamp_seconds ${(NOW - 10_000) / 1000}`,
      "mesos_dns_state_bytes 123456",
      "mesos_dns_state_stale 0",
      'mesos_dns_state_differences_total{kind="task"} 0',
      'mesos_dns_state_differences_total{kind="agent"} 0',
      'mesos_dns_state_differences_total{kind="framework"} 0',
    ]);
    expect(await linesOf("mesos_dns_cluster_")).toEqual([
      "mesos_dns_cluster_tasks 5",
      "mesos_dns_cluster_agents 3",
      "mesos_dns_cluster_frameworks 2",
    ]);
  });

  test("what is left out is counted by kind and reason, and missing combinations are 0", async () => {
    const lines = await linesOf("mesos_dns_skipped");
    expect(lines).toHaveLength(12);
    expect(lines).toContain('mesos_dns_skipped{kind="task",reason="no_address"} 2');
    expect(lines).toContain('mesos_dns_skipped{kind="agent",reason="malformed"} 0');
  });

  test("ZooKeeper has metrics only if it is followed", async () => {
    const zookeeper = { connected: true, sessions: 3, failures: { ZOOKEEPER_AUTH: 2 }, masters: 5, failure: undefined };
    expect(await linesOf("mesos_dns_zookeeper_", { zookeeper })).toEqual([
      "mesos_dns_zookeeper_connected 1",
      "mesos_dns_zookeeper_sessions_total 3",
      'mesos_dns_zookeeper_failures_total{code="ZOOKEEPER_AUTH"} 2',
      "mesos_dns_zookeeper_masters 5",
    ]);
    expect(await linesOf("mesos_dns_zookeeper_")).toEqual([]);
  });

  test("upstreams are described by the results of queries, their round-trip times and their health", async () => {
    expect(await linesOf("mesos_dns_forwards_")).toEqual([
      "mesos_dns_forwards_in_flight 3",
      "mesos_dns_forwards_joined_total 2",
      "mesos_dns_forwards_over_limit_total 0",
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="answered"} 9',
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="servfail"} 0',
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="refused"} 0',
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="timeout"} 1',
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="network_error"} 0',
      'mesos_dns_forwards_total{resolver="192.0.2.53:53",result="bad_reply"} 0',
    ]);
    expect(await linesOf("mesos_dns_upstream_health")).toEqual([
      'mesos_dns_upstream_health{resolver="192.0.2.53:53",health="up"} 1',
      'mesos_dns_upstream_health{resolver="192.0.2.53:53",health="down"} 0',
      'mesos_dns_upstream_health{resolver="192.0.2.53:53",health="loop"} 0',
    ]);
    const roundTrips = await linesOf("mesos_dns_upstream_round_trip_seconds");
    expect(roundTrips).toContain('mesos_dns_upstream_round_trip_seconds_bucket{resolver="192.0.2.53:53",le="0.005"} 8');
    expect(roundTrips.at(-1)).toBe('mesos_dns_upstream_round_trip_seconds_count{resolver="192.0.2.53:53"} 9');
  });

  test("the cache is described by its content and its use", async () => {
    expect(await linesOf("mesos_dns_cache_")).toEqual([
      'mesos_dns_cache_entries{kind="positive"} 5',
      'mesos_dns_cache_entries{kind="nodata"} 1',
      'mesos_dns_cache_entries{kind="nxdomain"} 2',
      "mesos_dns_cache_bytes 6400",
      "mesos_dns_cache_max_bytes 67108864",
      "mesos_dns_cache_hits_total 90",
      "mesos_dns_cache_misses_total 10",
      "mesos_dns_cache_stale_total 1",
      "mesos_dns_cache_prefetches_total 2",
      "mesos_dns_cache_evictions_total 0",
    ]);
  });

  test("the version of the program is shown", async () => {
    expect(await linesOf("mesos_dns_build_info")).toEqual([
      `mesos_dns_build_info{version="${VERSION}",node="${process.version}"} 1`,
    ]);
  });

  test("before the first state its metrics have no samples", async () => {
    const text = await registryOf({ build: undefined }, Snapshot.empty([APEX])).metrics();
    for (const name of ["snapshot_names", "snapshot_age_seconds", "build_duration_seconds", "state_bytes", "skipped"]) {
      expect(text).not.toMatch(new RegExp(`^mesos_dns_${name}[{ ]`, "m"));
    }
    expect(text).toContain("\nmesos_dns_snapshot_ready 0\n");
  });
});

describe("the process", () => {
  test("a busy event loop shows in its delays and its utilisation", async () => {
    const registry = registryOf();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const busyUntil = performance.now() + 200;
    while (performance.now() < busyUntil);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const text = await registry.metrics();
    const value = (name: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${name} `))
          ?.split(" ")[1],
      );
    expect(value("mesos_dns_event_loop_delay_seconds_sum")).toBeGreaterThan(0.1);
    expect(value("mesos_dns_event_loop_delay_seconds_count")).toBeGreaterThan(1);
    expect(value("mesos_dns_event_loop_busy_seconds_total")).toBeGreaterThan(0.1);
    expect(value("mesos_dns_process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(text).toMatch(/^mesos_dns_process_cpu_seconds_total\{mode="user"\} \d/m);
  });
});

/** The rows of docs/metrics.md: name, type and labels. */
function documented(): { name: string; type: string; labels: string[] }[] {
  const text = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  return [...text.matchAll(/^\| `(mesos_dns_\w+)` *\| (\w+) *\| ([^|]*)\|/gm)].map(([, name, type, labels]) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
  }));
}

describe("names", () => {
  test("docs/metrics.md lists exactly the existing metrics", () => {
    const metrics = registryOf().getMetricsAsArray() as unknown as {
      name: string;
      type: string;
      labelNames: string[];
    }[];
    const registered = metrics.map(({ name, type, labelNames }) => ({ name, type, labels: [...labelNames].sort() }));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(documented().sort(byName)).toEqual(registered.sort(byName));
  });

  test("every sample has the labels its metric declares", async () => {
    stats[0].answered(UDP, LOCAL, 512, { query: { type: TYPE.A }, rcode: RCODE.NOERROR, truncated: true });
    const metrics = (await registryOf().getMetricsAsJSON()) as unknown as {
      name: string;
      type: string;
      values: { labels: Record<string, string> }[];
    }[];
    const labels = new Map(documented().map((row) => [row.name, row.labels]));
    for (const { name, type, values } of metrics) {
      for (const sample of values) {
        const own = Object.keys(sample.labels).filter((label) => type !== "histogram" || label !== "le");
        expect(own.sort(), name).toEqual(labels.get(name));
      }
    }
  });

  const promtool = spawnSync("promtool", ["--version"]).error === undefined;
  test.skipIf(!promtool)("promtool reports nothing", async () => {
    const input = await registryOf().metrics();
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  });

  test("a scrape is cheap enough to do often", async () => {
    const registry = registryOf();
    await registry.metrics();
    const started = performance.now();
    for (let i = 0; i < 10; i++) await registry.metrics();
    expect((performance.now() - started) / 10).toBeLessThan(100);
  });
});
