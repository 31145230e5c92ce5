import { describe, expect, test } from "vitest";
import { readOptionsIn, refusedDatacenter } from "../../../../src/http/consul/options.js";
import { indented } from "../../../../src/http/consul/pretty.js";
import { methodsOf, Router } from "../../../../src/http/consul/router.js";
import { Writers } from "../../../../src/http/consul/writers.js";

const get = () => ({ status: 200, type: "json" as const, body: [] });
const read = (query: string) => readOptionsIn(new URLSearchParams(query), () => 0.5);

describe("the way to an endpoint", () => {
  const router = new Router([
    { path: "/v1/catalog/services", GET: get },
    { path: "/v1/catalog/service/", GET: get },
    { path: "/v1/kv/", GET: get, PUT: get, DELETE: get },
  ]);
  const routeOf = (path: string) => {
    const found = router.find(path);
    return typeof found === "object" && "endpoint" in found ? `${found.endpoint.path} ${found.rest}` : found;
  };

  test.each([
    ["/v1/catalog/services", "/v1/catalog/services "],
    ["/v1/catalog/service/web", "/v1/catalog/service/ web"],
    ["/v1/catalog/service/api%2Fv2", "/v1/catalog/service/ api/v2"],
    ["/v1/catalog/service/api/v2", "/v1/catalog/service/ api/v2"],
    ["/v1/catalog/service/", "/v1/catalog/service/ "],
    ["/v1/catalog/service", "/v1/catalog/service/ "],
    ["/v1/kv/a%2Fb/", "/v1/kv/ a/b/"],
    ["/v1/kv/%E2%82%AC", "/v1/kv/ €"],
  ])("%s is decoded only behind its own path", (path, expected) => {
    expect(routeOf(path)).toBe(expected);
  });

  test.each([
    ["/v1/kv/%", "malformed"],
    ["/v1/kv/%ff", "malformed"],
    ["/v1/catalog/services/", "unknown"],
    ["/v2/kv/a", "unknown"],
    ["/", "unknown"],
    ["", "unknown"],
  ])("%s is %s", (path, expected) => {
    expect(routeOf(path)).toBe(expected);
  });

  test.each([
    ["/v1/kv/a//b", "/v1/kv/a/b"],
    ["//v1/kv/a", "/v1/kv/a"],
    ["/v1/kv/a/../b/./c/", "/v1/kv/b/c/"],
    ["//evil.example/", "/evil.example/"],
    ["//\\evil.example/", "/%5Cevil.example/"],
    ["/../..", "/"],
  ])("%s is redirected to %s", (path, redirect) => {
    expect(routeOf(path)).toEqual({ redirect });
  });

  test("is told by its methods", () => {
    expect(methodsOf({ path: "/v1/kv/", GET: get, PUT: get, DELETE: get })).toBe("OPTIONS,GET,PUT,DELETE");
    expect(methodsOf({ path: "/v1/catalog/services", GET: get })).toBe("OPTIONS,GET");
  });
});

describe("the parameters of a reading", () => {
  test.each([
    ["", { above: undefined, waitMs: 300_000 * (1 + 1 / 32), consistency: "leader", isCached: false }],
    ["index=0&wait=5s", { above: undefined, waitMs: 5_000 * (1 + 1 / 32) }],
    ["index=7&wait=1m30s&stale", { above: 7, waitMs: 90_000 * (1 + 1 / 32), consistency: "stale" }],
    [
      "index=7&wait=24h&consistent=&cached",
      { waitMs: 600_000 * (1 + 1 / 32), consistency: "consistent", isCached: true },
    ],
    ["index=18446744073709551615", { above: 2 ** 64 }],
    ["max_stale=10s&stale=false", { consistency: "stale" }],
  ])("%s", (query, expected) => {
    expect(read(query)).toMatchObject(expected);
  });

  test.each([
    ["index=x", "Invalid index"],
    ["index=-1", "Invalid index"],
    ["index=1.5", "Invalid index"],
    ["wait=5", "Invalid wait time"],
    ["wait=-5s", "Invalid wait time"],
    ["stale&consistent", "Cannot specify ?stale with ?consistent, conflicting semantics."],
    ["max_stale=x", 'Invalid max_stale value "x"'],
  ])("%s is refused", (query, text) => {
    expect(read(query)).toMatchObject({ status: 400, body: [text] });
  });

  test("name no other datacenter", () => {
    const of = (query: string) => refusedDatacenter(new URLSearchParams(query), "dc1")?.status;
    expect([of(""), of("dc="), of("dc=dc1"), of("dc=DC1"), of("dc=dc2")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      500,
    ]);
  });
});

describe("who may write", () => {
  const TOKEN = "a-token-of-some-length";
  const refused = (address: string, headers = {}, query = "", token = "") =>
    new Writers(() => ({ allowWrite: ["127.0.0.0/8", "::1/128"], token })).refusal(
      address,
      headers,
      new URLSearchParams(query),
    )?.body;

  test("is in a network that may", () => {
    expect(refused("127.0.0.1")).toBeUndefined();
    expect(refused("::ffff:127.0.0.1")).toBeUndefined();
    expect(refused("::1")).toBeUndefined();
    expect(refused("192.0.2.1")).toEqual(["Access is restricted"]);
    expect(refused("")).toEqual(["Access is restricted"]);
    expect(refused("192.0.2.1", { "x-forwarded-for": "127.0.0.1" })).toEqual(["Access is restricted"]);
  });

  test("and brings the token, if there is one", () => {
    expect(refused("127.0.0.1", {}, "", TOKEN)).toEqual(["Permission denied"]);
    expect(refused("127.0.0.1", {}, `token=${TOKEN}x`, TOKEN)).toEqual(["Permission denied"]);
    expect(refused("127.0.0.1", {}, `token=${TOKEN}`, TOKEN)).toBeUndefined();
    expect(refused("127.0.0.1", { "x-consul-token": TOKEN }, "", TOKEN)).toBeUndefined();
    expect(refused("127.0.0.1", { authorization: `Bearer ${TOKEN}` }, "", TOKEN)).toBeUndefined();
    expect(refused("127.0.0.1", { authorization: `Basic ${TOKEN}` }, "", TOKEN)).toEqual(["Permission denied"]);
    expect(refused("192.0.2.1", { "x-consul-token": TOKEN }, "", TOKEN)).toEqual(["Access is restricted"]);
  });
});

describe("an indented answer", () => {
  const values = [
    { a: [1, 'x, {y}: [\\"]', {}], b: [], c: { d: null, "": true } },
    [],
    {},
    "text",
    7,
    [[[]]],
    [{ a: 1 }, { b: 2 }],
  ];

  test.each(values.map((value) => [JSON.stringify(value)]))("of %s says the same", (text) => {
    expect([...indented([text])].join("")).toBe(`${JSON.stringify(JSON.parse(text), undefined, 4)}\n`);
    // In pieces of one octet each.
    const octets = Array.from(Buffer.from(text), (octet) => Buffer.of(octet));
    expect([...indented(octets)].join("")).toBe([...indented([text])].join(""));
  });

  test("keeps numbers that JavaScript cannot hold", () => {
    expect([...indented(['{"Flags":18446744073709551615}'])].join("")).toContain("18446744073709551615");
  });
});
