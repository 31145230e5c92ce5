import { describe, expect, test } from "vitest";
import type { Override } from "../../../src/health/overrides.js";
import type { HealthReport, InstanceReport } from "../../../src/health/report.js";
import { UNKNOWN } from "../../../src/health/state.js";
import { proxiesOf } from "../../../src/http/client-address.js";
import { configOf } from "../config/support.js";
import { apiOf, NOW } from "./support.js";

const TOKEN = "a-token-of-some-length";
const JSON_TYPE = { "content-type": "application/json" };
const DOWN = JSON.stringify({ force: "down", seconds: 60 });

function instance(name: string, changes: Partial<InstanceReport> = {}): InstanceReport {
  const [check, address] = name.split("@");
  const quiet = { isHealthy: true, changes: 0, since: undefined, override: undefined };
  return { name, check, type: "http", address, state: UNKNOWN, ...quiet, ...changes };
}

const reportOf = (instances: readonly InstanceReport[]): HealthReport => ({ instances, durations: [], late: 0 });

/** An API for two instances, asked from this address. */
function setUp({ config = {}, from = "127.0.0.1" }: { readonly config?: object; readonly from?: string } = {}) {
  const said: (readonly [string, Override | undefined])[] = [];
  const instances = [instance("edge@192.0.2.10"), instance("edge@2001:db8::1")];
  const full = configOf({ allowHealthOverride: true, ...config });
  const { api } = apiOf({
    config: () => full,
    proxies: proxiesOf(() => full.trustedProxies),
    health: {
      report: () => reportOf(instances),
      override: async (name, override) => {
        said.push([name, override]);
        return { isKept: true, report: reportOf([instance(name, { isHealthy: false, override })]) };
      },
    },
  });
  const incoming = {
    socket: { remoteAddress: from, remotePort: 40_000, remoteFamily: "IPv4", localAddress: "192.0.2.53" },
  };
  const post = (name: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
    api.request(`/v1/health/${name}`, { method: "POST", body, headers: { ...JSON_TYPE, ...headers } }, { incoming });
  return { api, said, post };
}

describe("what people say of an instance", () => {
  test.each([
    [DOWN, { force: "down", until: NOW + 60_000 }],
    ['{"force": "up"}', { force: "up", until: null }],
    ['{"force": null}', undefined],
  ])("is %s", async (body, override) => {
    const { said, post } = setUp();
    const response = await post("edge@192.0.2.10", body);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ instance: "edge@192.0.2.10", keptOverRestart: true });
    expect(said).toEqual([["edge@192.0.2.10", override]]);
  });

  test("may spell its address in any way", async () => {
    const { said, post } = setUp();
    expect((await post("edge@2001%3ADB8%3A0%3A%3A1", DOWN)).status).toBe(200);
    expect(said[0][0]).toBe("edge@2001:db8::1");
  });

  test.each([
    "",
    "null",
    "[]",
    '"down"',
    "{}",
    '{"force": "off"}',
    '{"force": "down", "seconds": 0}',
    '{"force": "down", "seconds": 2592001}',
    '{"force": "down", "seconds": "60"}',
    '{"force": null, "seconds": 60}',
    '{"force": "down", "until": 7}',
  ])("is refused with what it may be: %s", async (body) => {
    const { said, post } = setUp();
    const response = await post("edge@192.0.2.10", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error:
        'the body must be {"force": "up" or "down", "seconds": 1 to 2592000}, without seconds for as long as nobody takes it back, or {"force": null} to do that',
    });
    expect(said).toEqual([]);
  });

  test("is refused for an instance that is none, with another content type, and with a long body", async () => {
    const { said, post } = setUp();
    const unknown = await post("edge@192.0.2.99", DOWN);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({ error: "there is no instance edge@192.0.2.99; GET /v1/health lists them" });
    expect((await post("edge@192.0.2.10", DOWN, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post("edge@192.0.2.10", " ".repeat(1_025))).status).toBe(413);
    expect(said).toEqual([]);
  });

  test("is not listened to unless allowHealthOverride says so", async () => {
    const { said, post } = setUp({ config: { allowHealthOverride: false } });
    const response = await post("edge@192.0.2.10", DOWN);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: "nobody may overrule health checks here: set allowHealthOverride in the configuration",
    });
    expect(said).toEqual([]);
  });
});

describe("who may say it", () => {
  const BEARER = { authorization: `Bearer ${TOKEN}` };
  const withToken = { allowHealthOverride: true, healthOverrideToken: TOKEN };
  const viaProxy = { "x-forwarded-for": "203.0.113.5" };

  test.each([
    ["a program on this machine", {}, "127.0.0.1", {}, 200],
    ["one over IPv6", {}, "::1", {}, 200],
    ["one over IPv4 at an IPv6 socket", {}, "::ffff:127.0.0.1", {}, 200],
    ["one at an address of this machine", {}, "192.0.2.53", {}, 200],
    ["another machine", {}, "192.0.2.7", {}, 403],
    ["another machine with a token where there is none", {}, "192.0.2.7", BEARER, 403],
    ["a page in a browser on this machine", {}, "127.0.0.1", { origin: "http://www.example.com" }, 403],
    ["somebody behind a proxy on this machine", {}, "127.0.0.1", viaProxy, 403],
    [
      "somebody behind a trusted proxy on this machine",
      { trustedProxies: ["127.0.0.0/8"] },
      "127.0.0.1",
      viaProxy,
      403,
    ],
    ["another machine with the token", withToken, "192.0.2.7", BEARER, 200],
    ["another machine without it", withToken, "192.0.2.7", {}, 401],
    [
      "another machine with another one",
      withToken,
      "192.0.2.7",
      { authorization: "Bearer another-token-than-that" },
      401,
    ],
    ["this machine with another one", withToken, "127.0.0.1", { authorization: "Bearer another-token-than-that" }, 401],
    ["this machine without it", withToken, "127.0.0.1", {}, 200],
    ["nobody who is known", {}, "", {}, 403],
  ])("%s", async (_who, config, from, headers, status) => {
    const { said, post } = setUp({ config, from });
    expect((await post("edge@192.0.2.10", DOWN, headers)).status).toBe(status);
    expect(said.length).toBe(Number(status === 200));
  });
});

test("while nothing is checked, the list of instances says so", async () => {
  const response = await apiOf().api.request("/v1/health");
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: "nothing is checked: healthChecks is empty, or no record uses it" });
});
