import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { becomesReady, growth, startMaster, startServer, web, webAt } from "../support/scenario.js";
import type { ScriptedMaster } from "../support/scripted-master.js";
import { freePort, type Server, type StartOptions } from "../support/server.js";
import { until } from "../support/wait.js";
import { type Registry, ZooKeeper } from "../support/zookeeper.js";

/** Only what ZooKeeper says makes the server fetch again within a test. */
const SELDOM = 3_600;
/** A server that says nothing is noticed after five seconds; the rest is for a busy machine. */
const NOTICED_MS = 9_000;
const STOP_MS = 3_000;
/** The longest pause between attempts, and what a session takes to expire. */
const BACK_MS = 40_000;
const CONNECTED = "mesos_dns_zookeeper_connected";

let zookeeper: ZooKeeper;
let registry: Registry;
beforeAll(async () => {
  zookeeper = await ZooKeeper.start();
  registry = await zookeeper.client();
});
afterAll(() => zookeeper.stop());

let paths = 0;
/** A path of its own for each test. */
const newPath = () => `/mesos${++paths}`;
const at = (path: string, { address } = zookeeper) => `zk://${address}${path}`;

function follow(zk: string, config: object = {}, options?: StartOptions): Promise<Server> {
  return startServer([], { zk, refreshSeconds: SELDOM, ...config }, options);
}

async function ownZooKeeper(...settings: string[]): Promise<{ own: ZooKeeper; session: Registry }> {
  const own = await ZooKeeper.start(settings);
  onTestFinished(() => own.stop());
  const session = await own.client();
  await session.mkdir("/mesos");
  return { own, session };
}

/** Masters that lead, each with its own address for `web`, registered in this order below a new path. */
async function cluster(count: number) {
  const path = newPath();
  await registry.mkdir(path);
  const masters: ScriptedMaster[] = [];
  const nodes: string[] = [];
  for (let i = 0; i < count; i++) {
    const master = await startMaster(webAt(`203.0.113.${i}`));
    masters.push(master);
    nodes.push(await registry.register(path, master));
  }
  return { path, masters, nodes };
}

const becomes = (server: Server, answer: string) => until(answer, async () => (await web(server)) === answer);

/** Ports of the masters by number: all have the one address. */
async function masterPorts(server: Server): Promise<string[]> {
  const { answers } = await askUdp(server, "_master._tcp.mesos", { type: "SRV" });
  const records = lines(answers).map((line) => line.split(" ").slice(-2));
  return records.map(([port, target]) => `${target} ${port}`).sort();
}

const numbered = (masters: readonly ScriptedMaster[]) =>
  masters.map(({ port }, index) => `master${index}.mesos ${port}`);

/** Each thread that answers gets a zone at a moment of its own: the one that is asked next may not have it yet. */
async function mastersBecome(server: Server, masters: readonly ScriptedMaster[]): Promise<void> {
  await vi.waitFor(async () => expect(await masterPorts(server)).toEqual(numbered(masters)), 10_000);
}

describe("the election in ZooKeeper", () => {
  it("names the leader and the masters, in the order in which they would lead", async () => {
    const { path, masters } = await cluster(3);
    const server = await follow(at(path));
    expect(await web(server)).toBe("203.0.113.0");
    await mastersBecome(server, masters);
    const states = masters.map(({ requests }) => requests.filter(({ method }) => method === "GET").length);
    expect(states).toEqual([1, 0, 0]);
    expect(await server.metric(CONNECTED)).toBe(1);
    expect(await server.metric("mesos_dns_zookeeper_masters")).toBe(3);
    expect(server.troubles()).toEqual([]);
  });

  it("is followed to the next leader at once", async () => {
    const { path, masters, nodes } = await cluster(3);
    const server = await follow(at(path));
    await registry.remove(nodes[0] ?? "");
    await becomes(server, "203.0.113.1");
    expect((await server.logged(/^new leading master$/)).leader).toBe(masters[1]?.address);
    await mastersBecome(server, masters.slice(1));
  });

  it("is followed where the leader's session ends, although it hangs in the middle of an answer", async () => {
    const { path } = await cluster(0);
    const session = await zookeeper.client();
    const [first, second] = [await startMaster(webAt("203.0.113.1")), await startMaster(webAt("203.0.113.2"))];
    await session.register(path, first);
    await registry.register(path, second);
    const server = await follow(at(path), { refreshSeconds: 1 });
    first.answer({ silent: true });
    const asked = first.requests.length;
    await until("a fetch that hangs", () => first.requests.length > asked);
    session.leave();
    await becomes(server, "203.0.113.2");
  });

  it("fences off a former leader that goes on as if it led", async () => {
    const { path, masters, nodes } = await cluster(2);
    const [former, next] = masters as [ScriptedMaster, ScriptedMaster];
    former.leadWithEvents({ id: "m1", ...webAt("203.0.113.1") });
    next.leadWithEvents({ id: "m2", ...webAt("203.0.113.2") });
    const server = await follow(at(path));
    await until("the stream", () => former.subscribers.count === 1);
    await registry.remove(nodes[0] ?? "");
    await becomes(server, "203.0.113.2");
    await until("the end of the former stream", () => former.subscribers.count === 0);
    // Its state is served before its events are followed.
    await until("the stream of the next", () => next.subscribers.count === 1);
    expect(await web(server)).toBe("203.0.113.2");
  });

  it("tells of masters that come later, whose names are there at once", async () => {
    const { path, masters } = await cluster(1);
    const server = await follow(at(path));
    const second = await startMaster();
    await registry.register(path, second);
    await until("the second master", async () => (await masterPorts(server)).length === 2);
    await mastersBecome(server, [...masters, second]);
  });

  it("does not decide alone: the state counts only from the master that says itself that it leads", async () => {
    const { path, masters } = await cluster(2);
    const [first, second] = masters as [ScriptedMaster, ScriptedMaster];
    first.answer({
      state: { ...webAt("203.0.113.9"), pid: `master@${first.address}`, leader: `master@${second.address}` },
    });
    const server = await follow(at(path));
    expect(await web(server)).toBe("203.0.113.1");
    await mastersBecome(server, [first, second]);
  });

  it("costs only itself where a node cannot be read", async () => {
    const { path } = await cluster(0);
    await registry.write(path, "not JSON");
    await registry.write(path, "\x0a\x01", { prefix: "info_" });
    await registry.write(path, "", { prefix: "log_replicas" });
    const master = await startMaster(webAt("203.0.113.1"));
    await registry.register(path, master);
    const server = await follow(at(path));
    expect(await web(server)).toBe("203.0.113.1");
    expect(server.troubles().map(({ code, msg }) => [code, msg.replace(/_\d{10}/, "_N")])).toEqual([
      ["ZOOKEEPER_NODE_UNREADABLE", "left out a master in ZooKeeper: json.info_N: it is not JSON"],
      ["ZOOKEEPER_NODE_UNREADABLE", expect.stringMatching(/: info_N: it is a protobuf message, .* Mesos 0\.24/)],
    ]);
  });
});

describe("where ZooKeeper names no master", () => {
  it("the error says so in the log, in /readyz and in /metrics, until one registers", async () => {
    const path = newPath();
    const server = await follow(at(path), { zkDetectionTimeout: 1 }, { until: "listening" });
    const missing = await server.logged(/^cannot learn the masters from ZooKeeper, none are known: /);
    expect([missing.code, missing.msg]).toEqual(["ZOOKEEPER_NO_MASTERS", expect.stringContaining(`has no ${path}`)]);
    const failed = await server.logged(/^cannot get the Mesos state, there is no zone to serve yet: /);
    expect([failed.code, failed.msg]).toEqual(["ZOOKEEPER_NO_MASTERS", expect.stringContaining("within 1 s")]);
    const { reasons } = await server.json<{ reasons: string[] }>("/readyz");
    expect(reasons).toEqual([expect.stringMatching(/has no \/mesos\d+: .*\(ZOOKEEPER_NO_MASTERS\)$/)]);
    expect(await server.metric('mesos_dns_zookeeper_failures_total{code="ZOOKEEPER_NO_MASTERS"}')).toBeGreaterThan(0);

    await registry.mkdir(path);
    await server.logged(/no Mesos master is registered in ZooKeeper at/);
    const master = await startMaster(webAt("203.0.113.1"));
    await registry.register(path, master);
    await becomes(server, "203.0.113.1");
    await becomesReady(server);
  });

  it("the masters listed are used after zkDetectionTimeout, until it names one", async () => {
    const { path } = await cluster(0);
    const [listed, elected] = [await startMaster(webAt("203.0.113.1")), await startMaster(webAt("203.0.113.2"))];
    const server = await follow(at(path), { masters: [listed.address], zkDetectionTimeout: 1 });
    expect(await web(server)).toBe("203.0.113.1");
    await registry.register(path, elected);
    await becomes(server, "203.0.113.2");
    await mastersBecome(server, [elected]);
  });

  it("nor answers at all, the masters listed are used, and the error names each server", async () => {
    const dead = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
    const master = await startMaster(webAt("203.0.113.1"));
    const config = { masters: [master.address], zkDetectionTimeout: 1 };
    const server = await follow(`zk://${dead}/mesos`, config);
    expect(await web(server)).toBe("203.0.113.1");
    const why = dead.map((address) => `${address}: the connection was refused`).join("; ");
    expect(server.troubles().map(({ code, msg }) => [code, msg])).toEqual([
      ["ZOOKEEPER_UNREACHABLE", expect.stringContaining(`no ZooKeeper server can be used: ${why}`)],
    ]);
    expect(await server.metric(CONNECTED)).toBe(0);
  });

  it("the last leader and its zone stay after all masters are gone", async () => {
    const { path, nodes } = await cluster(1);
    const server = await follow(at(path));
    await registry.remove(nodes[0] ?? "");
    await server.logged(/^cannot learn the masters from ZooKeeper, those it named last are used: /);
    expect(await web(server)).toBe("203.0.113.0");
  });
});

describe("a path for users with a password", () => {
  async function privateCluster() {
    const path = newPath();
    await (await zookeeper.client("ops:s3cret")).mkdir(path, { isPrivate: true });
    const master = await startMaster(webAt("203.0.113.1"));
    await (await zookeeper.client("ops:s3cret")).register(path, master);
    return { path, master };
  }

  it("is read with it, and nobody gets to read the password", async () => {
    const { path } = await privateCluster();
    const server = await follow(`zk://ops:s3cret@${zookeeper.address}${path}`, {}, { args: ["-v=2"] });
    expect(await web(server)).toBe("203.0.113.1");
    const config = await (await server.fetch("/v1/config")).text();
    expect(config).toContain(`zk://ops:[hidden]@${zookeeper.address}${path}`);
    expect(config + server.stderr).not.toContain("s3cret");
  });

  it.each([
    ["a wrong one", "ops:wr0ng@", "this password of the user ops"],
    ["none", "", "without a user and password"],
  ])("is not read with %s: the error says what to correct, and a reload corrects it", async (_, user, why) => {
    const { path } = await privateCluster();
    const zk = `zk://${user}${zookeeper.address}${path}`;
    const server = await follow(zk, { zkDetectionTimeout: 1 }, { until: "listening" });
    const line = await server.logged(/^cannot learn the masters from ZooKeeper/);
    expect([line.code, line.msg]).toEqual(["ZOOKEEPER_AUTH", expect.stringContaining(why)]);
    await server.logged(/^cannot get the Mesos state.*does not let/);
    expect(server.stderr).not.toContain("wr0ng");
    const corrected = `zk://ops:s3cret@${zookeeper.address}${path}`;
    expect((await server.reload({ zk: corrected, refreshSeconds: SELDOM })).msg).toMatch(/^changed zk/);
    await becomes(server, "203.0.113.1");
    expect(server.stderr).not.toContain("s3cret");
  });
});

describe("the connection to ZooKeeper", () => {
  it("skips members of the ensemble that are down", async () => {
    const { path } = await cluster(1);
    const dead = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`);
    const server = await follow(`zk://${dead[0]},${zookeeper.address},${dead[1]}${path}`);
    expect(await web(server)).toBe("203.0.113.0");
    expect(server.troubles()).toEqual([]);
  });

  it("is kept over a reload that leaves zk as it is, and made anew by one that does not", async () => {
    const [one, other] = [await cluster(1), await cluster(1)];
    const elsewhere = await startMaster(webAt("203.0.113.7"));
    await registry.remove(other.nodes[0] ?? "");
    await registry.register(other.path, elsewhere);
    const server = await follow(at(one.path));
    await server.reload({ zk: at(one.path), refreshSeconds: SELDOM, ttl: 7 });
    expect(await server.metric("mesos_dns_zookeeper_sessions_total")).toBe(1);
    await server.reload({ zk: at(other.path), refreshSeconds: SELDOM, ttl: 7 });
    await becomes(server, "203.0.113.7");
    expect(await server.metric("mesos_dns_zookeeper_sessions_total")).toBe(2);
    await server.reload({ masters: [one.masters[0]?.address], refreshSeconds: SELDOM });
    await becomes(server, "203.0.113.0");
    expect(await server.metric(CONNECTED)).toBeUndefined();
  });

  it("is made anew after its session has expired", async () => {
    const { own, session } = await ownZooKeeper("maxSessionTimeout=3000");
    const [first, second] = [await startMaster(webAt("203.0.113.1")), await startMaster(webAt("203.0.113.2"))];
    const node = await session.register("/mesos", first);
    await session.register("/mesos", second);
    const server = await follow(at("/mesos", own));
    const connections = await own.connections();
    server.signal("SIGSTOP");
    await until("the session's end", async () => (await own.connections()) < connections);
    await session.remove(node);
    server.signal("SIGCONT");
    await becomes(server, "203.0.113.2");
    expect(await server.metric("mesos_dns_zookeeper_sessions_total")).toBe(2);
  });

  it("is given up when ZooKeeper falls silent, while names stay; and the process ends even so", async () => {
    const { own, session } = await ownZooKeeper();
    await session.register("/mesos", await startMaster(webAt("203.0.113.1")));
    const server = await follow(at("/mesos", own), { refreshSeconds: 1 });
    const paused = performance.now();
    own.pause();
    const lost = await server.logged(/^lost the connection to ZooKeeper/);
    expect(performance.now() - paused).toBeLessThan(NOTICED_MS);
    expect(lost.msg).toContain("it did not answer within 3 s");
    expect(await server.metric(CONNECTED)).toBe(0);
    const { code } = await server.logged(/^cannot learn the masters from ZooKeeper, those it named last are used/);
    expect(code).toBe("ZOOKEEPER_UNREACHABLE");
    await growth(server, "mesos_dns_state_fetches_total", 2);
    expect(await web(server)).toBe("203.0.113.1");
    const asked = performance.now();
    await server.stop();
    expect(performance.now() - asked).toBeLessThan(STOP_MS);
  });

  it("comes back after ZooKeeper has been gone, while names stay and another leader is found without it", async () => {
    const { own, session } = await ownZooKeeper("maxSessionTimeout=4000");
    const [first, second] = [await startMaster(webAt("203.0.113.1")), await startMaster(webAt("203.0.113.2"))];
    await session.register("/mesos", first);
    const server = await follow(at("/mesos", own), { refreshSeconds: 1, stateMaxAgeSeconds: 2 });
    await own.kill();
    session.leave();
    await server.logged(/^lost the connection to ZooKeeper/);
    await server.logged(/^cannot learn the masters from ZooKeeper, those it named last are used: .*refused/);
    await growth(server, "mesos_dns_state_fetches_total", 3);
    expect([await web(server), (await server.fetch("/readyz")).status]).toEqual(["203.0.113.1", 200]);

    first.redirectTo(second);
    await becomes(server, "203.0.113.2");
    await own.up();
    await (await own.client()).register("/mesos", second);
    await until("a session", async () => (await server.metric(CONNECTED)) === 1, BACK_MS);
    await until("the first master's node to go", async () => (await masterPorts(server)).length === 1, BACK_MS);
    await mastersBecome(server, [second]);
    await becomesReady(server);
  });
});
