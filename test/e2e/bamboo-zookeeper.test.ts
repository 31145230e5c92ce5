import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemTimers } from "../../src/base/timers.js";
import { parseZkUrl, type ZkUrl } from "../../src/config/zk-url.js";
import { TrustedProxies } from "../../src/http/client-address.js";
import { createBambooApi } from "../../src/http/lb/bamboo.js";
import { startHttp } from "../../src/http/server.js";
import { openRulesInZooKeeper } from "../../src/lb/bamboo/rules/open-rules.js";
import { readRule } from "../../src/lb/bamboo/rules/rule.js";
import type { ZooKeeperRules } from "../../src/lb/bamboo/rules/zookeeper-store.js";
import { readApps } from "../../src/sources/marathon/read-apps.js";
import { until } from "../support/wait.js";
import { type Registry, ZooKeeper } from "../support/zookeeper.js";

/** Rules in a real ZooKeeper, where Bamboo has them. */

const SESSION = "../shared/lb/bamboo/api.json";
const ABSENT = existsSync(SESSION) ? "" : " (left out: ../shared/lb is not there)";

let zookeeper: ZooKeeper;
beforeAll(async () => {
  zookeeper = await ZooKeeper.start();
});
afterAll(() => zookeeper.stop());

const log = { info: () => {}, warn: () => {}, error: () => {} };

async function open(path: string, { at = zookeeper, user = "" } = {}): Promise<ZooKeeperRules> {
  const url = parseZkUrl(`zk://${user && `${user}@`}${at.address}${path}`) as ZkUrl;
  const store = openRulesInZooKeeper({ url, timers: systemTimers, random: Math.random, log });
  onTestFinished(() => store.close());
  return store;
}

async function opened(path: string, options = {}): Promise<ZooKeeperRules> {
  const store = await open(path, options);
  await store.ready;
  return store;
}

const acls = (store: ZooKeeperRules) => Object.fromEntries([...store.rules()].map(([id, { acl }]) => [id, acl]));
const becomes = (store: ZooKeeperRules, wanted: object) =>
  until(JSON.stringify(wanted), () => JSON.stringify(acls(store)) === JSON.stringify(wanted));

/** What a server answers to a request as it is: fetch would change the path. */
function ask(port: number, method: string, path: string, body: string | null) {
  return new Promise<{ status: number | undefined; type: string | undefined; text: string }>((resolve, reject) => {
    const asked = request({ port, method, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () =>
        resolve({ status: response.statusCode, type: response.headers["content-type"], text }),
      );
    });
    asked.once("error", reject);
    asked.end(body ?? undefined);
  });
}

interface Recorded {
  readonly apps: unknown;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly body: string | null;
    readonly status: number;
    readonly type: string;
    readonly response: string;
  }[];
  readonly znodesAfter: Readonly<Record<string, string>>;
}

async function serve(store: ZooKeeperRules, answer: unknown): Promise<number> {
  const { apps } = readApps(answer);
  const api = createBambooApi({
    rules: store,
    apps: () => apps,
    token: () => "",
    proxies: () => new TrustedProxies([]),
    check: async () => undefined,
    look: () => {},
    now: Date.now,
    log,
  });
  const server = await startHttp({ api, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return server.port;
}

describe.skipIf(!existsSync(SESSION))(`a session with Bamboo is the same here${ABSENT}`, () => {
  test("to the octet, with the same znodes after it", async () => {
    const recorded: Recorded = JSON.parse(readFileSync(SESSION, "utf8"));
    const store = await opened("/marathon-haproxy/state");
    const port = await serve(store, recorded.apps);
    for (const { method, path, body, status, type, response } of recorded.requests) {
      const answer = await ask(port, method, path, body);
      expect({ method, path, ...answer }).toEqual({ method, path, status, type, text: response });
    }
    const registry = await zookeeper.client();
    for (const [path, text] of Object.entries(recorded.znodesAfter)) expect(await registry.read(path)).toBe(text);
    expect(store.rules().size).toBe(Object.keys(recorded.znodesAfter).length);
  });
});

describe("what others do in ZooKeeper is seen", () => {
  async function both(path: string): Promise<{ store: ZooKeeperRules; registry: Registry }> {
    const registry = await zookeeper.client();
    await registry.mkdir(path);
    return { store: await opened(path), registry };
  }

  test("when a znode comes and when it goes, whatever form it has", async () => {
    const { store, registry } = await both("/comes");
    const node = await registry.write("/comes", "path_beg /old", { prefix: "%2Fold+" });
    const id = decodeURIComponent(node.slice("/comes/".length).replaceAll("+", " "));
    await becomes(store, { [id]: "path_beg /old" });
    await registry.remove(node);
    await becomes(store, {});
  });

  test("at once, not only when it is looked for every two seconds", async () => {
    const { store, registry } = await both("/soon");
    const since = performance.now();
    for (let round = 0; round < 10; round++) {
      const node = await registry.write("/soon", "path_beg /a", { prefix: "%2Fa", stays: true });
      await until("the rule", () => store.rules().size === 1);
      await registry.remove(node);
      await until("its end", () => store.rules().size === 0);
    }
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  test("by another program like this one, which it tells by the parent", async () => {
    const first = await opened("/two/levels");
    const second = await opened("/two/levels");
    let changes = 0;
    second.onChange(() => changes++);
    await first.put(readRule("/a", "path_beg /1"));
    await becomes(second, { "/a": "path_beg /1" });
    await first.put(readRule("/a", "path_beg /2"));
    expect(acls(first)).toEqual({ "/a": "path_beg /2" });
    await becomes(second, { "/a": "path_beg /2" });
    expect(changes).toBe(2);
    expect(await first.remove("/a")).toBe(true);
    expect(await first.remove("/a")).toBe(false);
    await becomes(second, {});
  });

  test("and a znode that nobody could have written changes nothing else", async () => {
    const { store, registry } = await both("/strange");
    await registry.write("/strange", "x", { prefix: "%zz" });
    await store.put(readRule("/a", "path_beg /a"));
    await becomes(store, { "/a": "path_beg /a" });
  });
});

test("many rules that are written at once are all there", async () => {
  const store = await opened("/many");
  const ids = Array.from({ length: 200 }, (_, n) => `/app-${String(n).padStart(3, "0")}`);
  await Promise.all(ids.map((id) => store.put(readRule(id, `path_beg ${id}`))));
  expect([...store.rules().keys()]).toEqual(ids);
});

test("rules stay while ZooKeeper is away, writes are refused, and come back with it", async () => {
  const own = await ZooKeeper.start();
  onTestFinished(() => own.stop());
  const store = await opened("/away", { at: own });
  await store.put(readRule("/a", "path_beg /a"));
  await own.kill();
  await expect(store.put(readRule("/b", "path_beg /b"))).rejects.toMatchObject({ code: "LB_RULES_AWAY" });
  await until("the failure to be told", () => store.failure !== undefined);
  expect(acls(store)).toEqual({ "/a": "path_beg /a" });
  await own.up();
  await until("ZooKeeper to be back", () => store.failure === undefined, 30_000);
  await store.put(readRule("/b", "path_beg /b"));
  expect(acls(store)).toEqual({ "/a": "path_beg /a", "/b": "path_beg /b" });
});

test("with a user and a password, rules are for that user alone", async () => {
  const store = await opened("/private/rules", { user: "lb:secret" });
  await store.put(readRule("/a", "path_beg /a"));
  const path = "/private/rules/%2Fa";
  await expect((await zookeeper.client()).read(path)).rejects.toThrow("NO_AUTH");
  expect(await (await zookeeper.client("lb:secret")).read(path)).toContain("path_beg /a");
  const stranger = await open("/private/rules");
  await until("the refusal", () => stranger.failure?.message.includes("does not let") === true);
});
