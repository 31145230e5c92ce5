import { createHash } from "node:crypto";
import { request } from "node:http";
import type { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { TrustedProxies } from "../../../../src/http/client-address.js";
import { createBambooApi } from "../../../../src/http/lb/bamboo.js";
import { type HttpServer, startHttp } from "../../../../src/http/server.js";
import { type Rule, settled } from "../../../../src/lb/bamboo/rules/rule.js";
import type { RulesStore } from "../../../../src/lb/bamboo/rules/store.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";

/** Rules in memory. */
class MemoryRules implements RulesStore {
  all = new Map<string, Rule>();
  failure: RulesStore["failure"];
  rules = () => this.all;
  onChange = () => () => {};
  close = async () => {};
  async put(rule: Rule) {
    this.all = new Map(this.all).set(rule.id, settled(rule));
  }
  async remove(id: string) {
    const isThere = this.all.has(id);
    this.all = new Map([...this.all].filter(([other]) => other !== id));
    return isThere;
  }
}

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Given {
  readonly token?: string;
  readonly proxies?: readonly string[];
  readonly check?: (rule: Rule) => string | undefined;
  /** Marathon's answer; `null` while there is none. */
  readonly apps?: unknown;
}

async function serve({ token = "", proxies = [], check = () => undefined, apps = { apps: [] } }: Given = {}) {
  const rules = new MemoryRules();
  let looks = 0;
  const api: Hono = createBambooApi({
    rules,
    apps: () => (apps === null ? undefined : readApps(apps).apps),
    token: () => token,
    proxies: () => new TrustedProxies(proxies),
    check: async (rule) => check(rule),
    look: () => looks++,
    now: () => 0,
    log: { error: (...told: unknown[]) => expect.fail(String(told)) },
  });
  const server = await startHttp({ api, host: "127.0.0.1", port: 0 });
  servers.push(server);
  const ask = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init = body === undefined ? { method, headers } : { method, headers, body: text };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { rules, ask, looks: () => looks, port: server.port };
}

describe("whoever writes", () => {
  const rule = { id: "/a", acl: "path_beg /a" };

  test("from this machine may do so without a token, if none is configured", async () => {
    const { ask } = await serve();
    expect(await ask("POST", "/api/services", rule)).toMatchObject({ status: 200 });
    expect(await ask("DELETE", "/api/services//a")).toMatchObject({ status: 200 });
  });

  test.each([
    ["POST", "/api/services"],
    ["PUT", "/api/services/a"],
    ["DELETE", "/api/services/a"],
  ])("for somebody else by a proxy may not %s", async (method, path) => {
    const { ask, rules } = await serve();
    expect(await ask(method, path, rule, { "x-forwarded-for": "192.0.2.1" })).toMatchObject({ status: 403 });
    expect(rules.all.size).toBe(0);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["another place", { origin: "http://evil.example" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["nowhere", { origin: "null" }],
    ["another site, without saying which", { "sec-fetch-site": "cross-site" }],
    ["another name of this machine", { origin: "http://evil.example", host: "evil.example" }],
  ])("as a page from %s may not", async (_, headers) => {
    const { ask } = await serve();
    expect(await ask("POST", "/api/services", rule, headers)).toMatchObject({ status: 403 });
  });

  test("as a page of a name that leads here for a while may not", async () => {
    const { port, rules } = await serve();
    const headers = { host: `evil.example:${port}`, "sec-fetch-site": "same-origin" };
    const status = await new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, method: "POST", path: "/api/services", headers }, (response) => {
        resolve(response.resume().statusCode);
      })
        .on("error", reject)
        .end(JSON.stringify(rule));
    });
    expect([status, rules.all.size]).toEqual([403, 0]);
  });

  test("as the page that is served here may", async () => {
    const { ask, port } = await serve();
    const headers = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    expect(await ask("POST", "/api/services", rule, headers)).toMatchObject({ status: 200 });
  });

  test("needs the token where there is one, also on this machine", async () => {
    const { ask } = await serve({ token: "letters" });
    expect(await ask("POST", "/api/services", rule)).toMatchObject({ status: 401 });
    expect(await ask("POST", "/api/services", rule, { authorization: "Bearer other" })).toMatchObject({ status: 401 });
    const headers = {
      authorization: "Bearer letters",
      "x-forwarded-for": "192.0.2.1",
      origin: "http://shop.example.com",
    };
    expect(await ask("POST", "/api/services", rule, headers)).toMatchObject({ status: 200 });
    expect(await ask("GET", "/api/services")).toMatchObject({ status: 200 });
  });
});

describe("a rule is refused", () => {
  test.each([
    ["a newline in the Acl", { id: "/a", acl: "path_beg /a\n  use_backend x" }, '"acl" has a newline'],
    ["a carriage return", { id: "/a", acl: "path_beg /a\r" }, '"acl" has a newline'],
    ["a NUL", { id: "/a", acl: "path_beg /a\0" }, '"acl" has a newline'],
    ["a newline in the Acl among the settings", { id: "/a", config: { Acl: "a\nb" } }, '"Acl" has a newline'],
    ["a newline in a setting", { id: "/a", config: { Owner: "a\u2028b" } }, '"Owner" has a newline'],
    ["a newline in the id", { id: "/a\n", acl: "x" }, '"id" has a newline'],
    ["a very long id", { id: "a".repeat(1_025), acl: "x" }, "the id has more than 1024 characters"],
    ["settings that are no texts", { id: "/a", config: { Acl: 5 } }, "Unable to decode JSON request"],
    ["settings that are no object", { id: "/a", config: [] }, "Unable to decode JSON request"],
    ["a list", [], "Unable to decode JSON request"],
  ])("for %s", async (_, body, message) => {
    const { ask, rules } = await serve();
    const answer = await ask("POST", "/api/services", body);
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(message) });
    expect(rules.all.size).toBe(0);
  });

  test("for its size", async () => {
    const { ask } = await serve();
    expect(await ask("POST", "/api/services", { id: "/a", acl: "x".repeat(70_000) })).toMatchObject({ status: 413 });
  });

  test("with HAProxy's words if HAProxy does not take it", async () => {
    const { ask } = await serve({
      check: ({ acl }) => (acl === "nonsense" ? "unknown fetch method 'nonsense'" : undefined),
    });
    const answer = await ask("POST", "/api/services", { id: "/a", acl: "nonsense" });
    expect(answer).toMatchObject({ status: 400, text: "unknown fetch method 'nonsense'\n" });
  });

  test("if it takes another app's requests, unless that is said to be meant", async () => {
    const { ask, rules } = await serve();
    await ask("POST", "/api/services", { id: "/b", acl: "path_beg /shop/cart" });
    const hijacker = { id: "/a", config: { Acl: "path_beg /shop" } };
    expect(await ask("PUT", "/api/services/a", hijacker)).toMatchObject({
      status: 409,
      text: expect.stringContaining("it would take every request that the rule of /b is for"),
    });
    expect(await ask("PUT", "/api/services/a?force=true", hijacker)).toMatchObject({ status: 200 });
    expect([...rules.all.keys()]).toEqual(["/b", "/a"]);
  });
});

test("the state is null while Marathon is not known, as Bamboo has it", async () => {
  const { ask } = await serve({ apps: null });
  expect(await ask("GET", "/api/state")).toMatchObject({ status: 200, text: "null" });
});

test("the state and the overlaps have a rule as soon as it is stored", async () => {
  const { ask } = await serve();
  await ask("POST", "/api/services", { id: "/a", acl: "path_beg /a" });
  expect((await ask("GET", "/api/state")).text).toContain("path_beg /a");
  expect((await ask("GET", "/api/overlaps")).text).toBe("{}");
  await ask("POST", "/api/services?force=true", { id: "/b", acl: "path_beg /a/b" });
  expect((await ask("GET", "/api/state")).text).toContain("path_beg /a/b");
  expect(JSON.parse((await ask("GET", "/api/overlaps")).text)).toEqual({
    "/a": "it would take every request that the rule of /b is for",
    "/b": "the rule of /a takes every request that it is for",
  });
});

test.each([
  ["/api/route?host=Shop.example.com:8080&path=/x", '{"id":"/shop","unclear":[]}'],
  ["/api/route?host=shop&path=/x", '{"id":null,"unclear":[]}'],
  ["/api/route", '{"id":null,"unclear":[]}'],
])("%s says who gets the request", async (path, told) => {
  const { ask } = await serve();
  await ask("POST", "/api/services", { id: "/shop", acl: "hdr(host) -i shop.example.com" });
  expect(await ask("GET", path)).toMatchObject({ status: 200, text: told });
});

test("every event makes it look again, whatever it says", async () => {
  const { ask, looks } = await serve();
  await ask("POST", "/api/marathon/event_callback", "junk");
  expect(looks()).toBe(1);
});

test("an id that is no name of JavaScript's is data", async () => {
  const { ask } = await serve();
  await ask("POST", "/api/services", '{"id":"/__proto__","config":{"__proto__":"x","Acl":"path_beg /p"}}');
  const { text } = await ask("GET", "/api/services");
  expect(text).toBe(
    '{"/__proto__":{"Id":"/__proto__","Acl":"path_beg /p","Config":{"Acl":"path_beg /p","__proto__":"x"}}}',
  );
});

test.each(["%", "%ff", "%zz"])("a path that cannot be decoded (%s) is refused", async (path) => {
  const { ask } = await serve();
  expect(await ask("DELETE", `/api/services/${path}`)).toMatchObject({ status: 400 });
});

describe("the page", () => {
  test("runs its own script and style alone", async () => {
    const { ask } = await serve();
    const { text, headers } = await ask("GET", "/");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe");
    const [, style = ""] = /<style>(.*?)<\/style>/s.exec(text) ?? [];
    expect(policy).toContain(`'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(text.match(/<script[^>]*>/g)).toEqual(['<script src="page.js" defer>']);
    expect(text).not.toMatch(/ on\w+=| style=|https?:/);
  });

  test("has a script that can be read, and makes no markup", async () => {
    const { ask } = await serve();
    const { text, headers } = await ask("GET", "/page.js");
    expect(headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(() => new Function(text)).not.toThrow();
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|https?:/);
  });
});
