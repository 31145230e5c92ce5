import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ConsulAt, consulAt, consulCluster, startConsul } from "../support/consul.js";
import { startMaster } from "../support/scenario.js";
import { freePort, Server } from "../support/server.js";
import { until } from "../support/wait.js";
import { type Registry, ZooKeeper } from "../support/zookeeper.js";

/** Keys that running servers share in a real ensemble. */

/** The longest pause between attempts to reach an ensemble, and some more for a busy machine. */
const BACK_MS = 30_000;
const TTL = "10s";
/** Twice the TTL, and some more for a busy machine. */
const EXPIRED_MS = 25_000;

let zookeeper: ZooKeeper;
beforeAll(async () => {
  zookeeper = await ZooKeeper.start();
});
afterAll(() => zookeeper.stop());

async function ownZooKeeper(): Promise<ZooKeeper> {
  const own = await ZooKeeper.start();
  onTestFinished(() => own.stop());
  return own;
}

let paths = 0;

/** Servers with one ensemble, that have read its keys. */
async function servers(count: number, { at = zookeeper, user = "" } = {}): Promise<readonly ConsulAt[]> {
  const master = await startMaster(consulCluster());
  const registry: Registry = await at.client();
  const path = `/mesos${++paths}`;
  await registry.mkdir(path);
  await registry.register(path, master);
  const zk = `zk://${user && `${user}@`}${at.address}${path}`;
  const all = await Promise.all(Array.from({ length: count }, () => startMortal(zk)));
  for (const each of all) await until("keys", async () => (await each.get("/v1/kv/?keys")).status === 200);
  return all;
}

/** A server that may be killed in a test. */
async function startMortal(zk: string): Promise<ConsulAt> {
  const port = await freePort();
  const server = await Server.start({
    zk,
    consul: { enabled: true, nodeName: "dns-1", httpPort: port, kv: "zookeeper" },
  });
  onTestFinished(async () => {
    if (server.child.signalCode !== "SIGKILL") await server.stop();
  });
  return consulAt(server, port);
}

const put = async (at: ConsulAt, path: string, body = "") => {
  const response = await at.get(`/v1/kv/${path}`, { method: "PUT", body });
  return { status: response.status, text: await response.text() };
};
const value = async (at: ConsulAt, key: string) => {
  const response = await at.get(`/v1/kv/${key}?raw`);
  return response.status === 200 ? response.text() : undefined;
};
const becomes = (at: ConsulAt, key: string, text: string | undefined) =>
  until(`${key} to be ${text}`, async () => (await value(at, key)) === text);

async function session(at: ConsulAt, fields: object = {}): Promise<string> {
  const body = JSON.stringify({ TTL, LockDelay: "0s", ...fields });
  const response = await at.get("/v1/session/create", { method: "PUT", body });
  return ((await response.json()) as { ID: string }).ID;
}

interface Entry {
  readonly ModifyIndex: number;
  readonly CreateIndex: number;
  readonly LockIndex: number;
  readonly Session?: string;
}
const entry = async (at: ConsulAt, key: string) => (await at.json<readonly Entry[]>(`/v1/kv/${key}`))[0] as Entry;

describe("two servers with one ensemble", () => {
  test("share keys with their indexes, also with one that starts later", async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    expect(await put(a, "share/x?flags=18446744073709551615", "1")).toEqual({ status: 200, text: "true" });
    await becomes(b, "share/x", "1");
    expect(await put(b, "share/x", "2")).toEqual({ status: 200, text: "true" });
    await put(b, "share/é/\u{1f600}", "\u0000binary");
    await a.get("/v1/kv/share/gone", { method: "DELETE" });
    await becomes(a, "share/é/\u{1f600}", "\u0000binary");
    const [c] = (await servers(1)) as [ConsulAt];
    const texts = await Promise.all([a, b, c].map(async (at) => (await at.get("/v1/kv/share?recurse")).text()));
    expect(texts[0]).toContain('"CreateIndex"');
    expect(new Set(texts).size).toBe(1);
  });

  test("have exactly one winner of every cas that both are asked for", { timeout: 120_000 }, async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    await put(a, "cas", "0");
    await becomes(b, "cas", "0");
    let index = (await entry(a, "cas")).ModifyIndex;
    const wins = [0, 0];
    for (let round = 1; round <= 100; round++) {
      const answers = await Promise.all([a, b].map((at, number) => put(at, `cas?cas=${index}`, `${round} ${number}`)));
      const winners = answers.flatMap(({ text }, number) => (text === "true" ? [number] : []));
      expect(winners, `round ${round}: ${JSON.stringify(answers)}`).toHaveLength(1);
      const [winner = 0] = winners;
      wins[winner] = (wins[winner] ?? 0) + 1;
      await Promise.all([a, b].map((at) => becomes(at, "cas", `${round} ${winner}`)));
      const indexes = await Promise.all([a, b].map(async (at) => (await entry(at, "cas")).ModifyIndex));
      expect(indexes[0]).toBe(indexes[1]);
      expect(indexes[0]).toBeGreaterThan(index);
      index = indexes[0] as number;
    }
  });

  test("make a key that is missing once, however often both are asked to", async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    for (let round = 0; round < 30; round++) {
      const answers = await Promise.all([a, b, a, b].map((at, number) => put(at, `new/${round}?cas=0`, `${number}`)));
      expect(answers.filter(({ text }) => text === "true")).toHaveLength(1);
    }
  });

  test("never lose an increment that was acknowledged, at whichever it was asked for", {
    timeout: 60_000,
  }, async () => {
    const both = await servers(2);
    await put(both[0] as ConsulAt, "count", "0");
    let done = 0;
    const client = async (at: ConsulAt) => {
      for (let times = 0; times < 25; ) {
        const { ModifyIndex } = await entry(at, "count").catch(() => ({ ModifyIndex: 0 }));
        const before = Number(await value(at, "count"));
        // The index is read first: it belongs to this value or to one before.
        if ((await put(at, `count?cas=${ModifyIndex}`, String(before + 1))).text !== "true") continue;
        times++;
        done++;
      }
    };
    await Promise.all([...both, ...both].map(client));
    await becomes(both[0] as ConsulAt, "count", String(done));
    expect(done).toBe(100);
  });

  test("wake those who wait at one for a write at the other, and nobody else", async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    await put(a, "wait/x", "1");
    await put(a, "still/x", "1");
    await becomes(b, "still/x", "1");
    const waits = async (path: string, wait: string) => {
      const index = await b.indexOf(`/v1/kv/${path}`);
      const since = performance.now();
      const response = await b.get(`/v1/kv/${path}${path.includes("?") ? "&" : "?"}index=${index}&wait=${wait}`);
      await response.text();
      return { ms: performance.now() - since, grew: Number(response.headers.get("x-consul-index")) > index };
    };
    const waiting = [waits("wait/x", "20s"), waits("wait/?recurse", "20s"), waits("wait/new", "20s")];
    const still = waits("still/?recurse", "2s");
    await sleep(300);
    await put(a, "wait/x", "2");
    await put(a, "wait/new", "1");
    for (const { ms, grew } of await Promise.all(waiting)) {
      expect(ms).toBeLessThan(5_000);
      expect(grew).toBe(true);
    }
    expect(await still).toMatchObject({ grew: false });
    expect((await still).ms).toBeGreaterThan(1_900);
    const gone = waits("wait/x", "20s");
    await sleep(300);
    await a.get("/v1/kv/wait/?recurse", { method: "DELETE" });
    expect((await gone).ms).toBeLessThan(5_000);
    await becomes(b, "wait/x", undefined);
  });

  test("carry out a transaction as a whole, or not at all", async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    const set = (key: string, text: string, more: object = {}) => ({
      KV: { Verb: "set", Key: key, Value: Buffer.from(text).toString("base64"), ...more },
    });
    const txn = (at: ConsulAt, ...operations: object[]) =>
      at.get("/v1/txn", { method: "PUT", body: JSON.stringify(operations) });
    expect((await txn(a, set("txn/1", "a"), set("txn/2", "a"))).status).toBe(200);
    await becomes(b, "txn/2", "a");
    expect(await value(b, "txn/1")).toBe("a");
    const stale = { KV: { Verb: "check-index", Key: "txn/2", Index: 1 } };
    expect((await txn(b, set("txn/1", "b"), stale)).status).toBe(409);
    expect(await value(b, "txn/1")).toBe("a");
  });

  test("agree on who holds a lock, wherever its session is from", async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    const [mine, other] = [await session(a), await session(b)];
    for (const at of [a, b]) {
      await until("sessions", async () => (await at.json<unknown[]>(`/v1/session/info/${mine}`)).length === 1);
      await until("sessions", async () => (await at.json<unknown[]>(`/v1/session/info/${other}`)).length === 1);
    }
    const answers = await Promise.all([put(a, `lock?acquire=${mine}`, "a"), put(b, `lock?acquire=${other}`, "b")]);
    expect(answers.map(({ text }) => text).toSorted()).toEqual(["false", "true"]);
    const winner = answers[0]?.text === "true" ? mine : other;
    const loser = winner === mine ? other : mine;
    expect((await put(b, `lock?acquire=${loser}`)).text).toBe("false");
    expect(await entry(b, "lock")).toMatchObject({ Session: winner, LockIndex: 1 });
    // Destroyed at either server.
    await b.get(`/v1/session/destroy/${winner}`, { method: "PUT" });
    await until("the lock to be free", async () => (await entry(a, "lock")).Session === undefined);
    expect((await put(a, `lock?acquire=${loser}`)).text).toBe("true");
  });

  test("keep a session that is renewed at either, and end one that is not", { timeout: 120_000 }, async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    const kept = await session(a);
    const left = await session(a, { Behavior: "delete" });
    await put(a, `left?acquire=${left}`, "1");
    const renew = (at: ConsulAt) => at.get(`/v1/session/renew/${kept}`, { method: "PUT" });
    const since = performance.now();
    let ended: number | undefined;
    while (performance.now() - since < EXPIRED_MS) {
      // Only the server that it did not begin at is asked.
      expect((await renew(b)).status).toBe(200);
      await sleep(2_000);
      if (ended === undefined && (await value(b, "left")) === undefined) ended = performance.now() - since;
    }
    expect(ended).toBeGreaterThan(10_000);
    expect(ended).toBeLessThan(EXPIRED_MS);
    expect(await a.json<unknown[]>(`/v1/session/info/${kept}`)).toHaveLength(1);
  });

  test("go on with the sessions of one that was killed", { timeout: 120_000 }, async () => {
    const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
    const [moved, lost] = [await session(a), await session(a)];
    await put(a, `killed/moved?acquire=${moved}`);
    await put(a, `killed/lost?acquire=${lost}`);
    await until("sessions", async () => (await b.json<unknown[]>(`/v1/session/info/${lost}`)).length === 1);
    await a.server.kill();
    const since = performance.now();
    const isFree = async () => (await entry(b, "killed/lost")).Session === undefined;
    while (performance.now() - since < EXPIRED_MS && !(await isFree())) {
      expect((await b.get(`/v1/session/renew/${moved}`, { method: "PUT" })).status).toBe(200);
      await sleep(1_000);
    }
    expect(await isFree()).toBe(true);
    expect(await entry(b, "killed/moved")).toMatchObject({ Session: moved });
  });
});

test("all that was acknowledged is there after a server was killed while it wrote", { timeout: 60_000 }, async () => {
  const [a, b] = (await servers(2)) as [ConsulAt, ConsulAt];
  const acknowledged: string[] = [];
  let isKilled = false;
  const client = async (number: number) => {
    for (let times = 0; !isKilled; times++) {
      const key = `kill/${number}/${times}`;
      const answer = await put(a, key, key).catch(() => undefined);
      if (answer?.text === "true") acknowledged.push(key);
    }
  };
  const clients = Array.from({ length: 8 }, (_, number) => client(number));
  await until("writes", () => acknowledged.length > 200);
  await a.server.kill();
  isKilled = true;
  await Promise.all(clients);
  const keys = await b.json<readonly string[]>("/v1/kv/kill/?keys");
  expect(acknowledged.filter((key) => !keys.includes(key))).toEqual([]);
});

describe("an ensemble that is away", () => {
  test("leaves keys to be read, and refuses writes until it is back", { timeout: 120_000 }, async () => {
    const own = await ownZooKeeper();
    const [a, b] = (await servers(2, { at: own })) as [ConsulAt, ConsulAt];
    await put(a, "away", "1");
    await becomes(b, "away", "1");
    const knows = async (at: ConsulAt) => (await at.get("/v1/kv/away")).headers.get("x-consul-knownleader");
    expect(await knows(a)).toBe("true");
    await own.kill();
    await until("the loss to be told", async () => (await knows(a)) === "false");
    const refused = await put(a, "away", "2");
    expect(refused.status).toBe(500);
    expect(refused.text).toMatch(/ZooKeeper is away/);
    expect(await value(a, "away")).toBe("1");
    expect((await a.get("/v1/catalog/nodes")).headers.get("x-consul-knownleader")).toBe("true");
    expect(await a.server.metric("mesos_dns_consul_keys_writable")).toBe(0);
    await own.up();
    await until("a write", async () => (await put(a, "away", "3")).text === "true", BACK_MS);
    await until("the other", async () => (await value(b, "away")) === "3", BACK_MS);
    expect(await knows(a)).toBe("true");
    expect(a.server.log.map(({ code }) => code)).toContain("KV_ENSEMBLE_AWAY");
  });

  test("does not keep a server from starting, and keys are there when it comes", { timeout: 120_000 }, async () => {
    const own = await ownZooKeeper();
    const [a] = (await servers(1, { at: own })) as [ConsulAt];
    await put(a, "early", "1");
    await own.kill();
    const master = await startMaster(consulCluster());
    const more = { zk: `zk://${own.address}/none`, zkDetectionTimeout: 1 };
    const late = await startConsul([master], { kv: "zookeeper" }, more);
    const response = await late.get("/v1/kv/early");
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/not been read from ZooKeeper yet/);
    await own.up();
    await until("the key", async () => (await value(late, "early")) === "1", BACK_MS);
  });
});

describe("a configuration that changes", () => {
  test("moves to the other keys, and back", async () => {
    const [a] = (await servers(1)) as [ConsulAt];
    await put(a, "moving", "shared");
    const { zk } = JSON.parse(readFileSync(a.server.configFile, "utf8"));
    const use = (kv: string) =>
      a.server.reload({ zk, consul: { enabled: true, nodeName: "dns-1", httpPort: a.port, kv } });
    const waiting = a.get(`/v1/kv/moving?index=${await a.indexOf("/v1/kv/moving")}&wait=60s`);
    await sleep(300);
    await use("file");
    await becomes(a, "moving", undefined);
    expect((await waiting).status).toBe(200);
    expect((await put(a, "moving", "own")).text).toBe("true");
    await use("zookeeper");
    await becomes(a, "moving", "shared");
  });
});

test("with a user of ZooKeeper's, nobody else reads the keys", async () => {
  const own = await ownZooKeeper();
  const [a] = (await servers(1, { at: own, user: "dns:secret" })) as [ConsulAt];
  await put(a, "secret", "value");
  const stranger = await own.client();
  await expect(stranger.read("/mesos-dns/kv/head")).rejects.toThrow(/NO_AUTH/);
  const friend = await own.client("dns:secret");
  expect(await friend.read("/mesos-dns/kv/head")).toContain("key:secret");
});
