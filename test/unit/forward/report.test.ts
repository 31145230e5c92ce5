import { expect, test } from "vitest";
import { type ForwardReport, mergeReports } from "../../../src/forward/report.js";
import { FORWARDING } from "../http/support.js";

const ADDRESS = "192.0.2.53:53";
const upstream = FORWARDING.upstreams[ADDRESS];

test("the report of two forwarders has the sums of their counters and the worse health", () => {
  const other: ForwardReport = {
    ...FORWARDING,
    upstreams: {
      [ADDRESS]: {
        ...upstream,
        health: "down",
        roundTripSeconds: 9,
        mixedCase: false,
        mindsCase: true,
        lastFailure: "other",
      },
      "192.0.2.54:53": upstream,
    },
  };
  const merged = mergeReports(FORWARDING, other);
  expect(merged).toMatchObject({ waiting: 6, questions: 2, joined: 4, overLimit: 0 });
  expect(merged.cache).toEqual({ ...FORWARDING.cache, ...doubled(FORWARDING.cache) });
  expect(merged.upstreams["192.0.2.54:53"]).toEqual(upstream);
  expect(merged.upstreams[ADDRESS]).toEqual({
    health: "down",
    roundTripSeconds: 0.0042,
    inFlight: 2,
    queries: 22,
    results: doubled(upstream.results),
    ignored: doubled(upstream.ignored),
    roundTrips: { buckets: upstream.roundTrips.buckets.map((count) => 2 * count), sum: 0.24 },
    mixedCase: false,
    mindsCase: true,
    lastFailure: "no answer in time",
  });
});

test("the report of two forwarders has values that only one of them knows", () => {
  const blank = { ...upstream, roundTripSeconds: undefined, lastFailure: "" };
  const fresh = { ...FORWARDING, upstreams: { [ADDRESS]: blank } };
  const merged = mergeReports(fresh, FORWARDING).upstreams[ADDRESS];
  expect(merged).toMatchObject({ roundTripSeconds: 0.0042, lastFailure: "no answer in time", health: "up" });
});

function doubled<K extends string>(counts: Readonly<Record<K, number>>): Record<K, number> {
  const entries = Object.entries<number>(counts).map(([key, count]) => [key, 2 * count]);
  return Object.fromEntries(entries) as Record<K, number>;
}
