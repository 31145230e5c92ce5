import { describe, expect, it, onTestFinished } from "vitest";
import { askUdp } from "../support/ask.js";
import type { Json } from "../support/json.js";
import { agentAdded, frameworkAdded, HEARTBEAT, taskAdded, taskUpdated } from "../support/operator-api.js";
import { growth, startMaster, startServer, web, webAt } from "../support/scenario.js";
import { agent, cluster, framework, recoveredAgent, type ScriptedMaster, task } from "../support/scripted-master.js";
import type { Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Fetches that come by themselves are no part of these tests. */
const SELDOM = { refreshSeconds: 3600 };
const S0 = agent("S0");
const OTHER = task("other", { agent: "S0", ip: "203.0.113.7" });
const API_PATH = /api\/v1$/;

const connected = (server: Server) =>
  until("the stream", async () => (await server.metric("mesos_dns_stream_connected")) === 1);

async function startWithEvents(state: Json, config: Json = {}): Promise<{ master: ScriptedMaster; server: Server }> {
  const master = await startMaster();
  master.leadWithEvents(state);
  const server = await startServer([master], { ...SELDOM, ...config });
  await connected(server);
  return { master, server };
}

const addresses = async (server: Server, name: string) => (await askUdp(server, name)).answers?.length ?? 0;

describe("the master's events", () => {
  it("reach answers in less than a second, however seldom the state is fetched", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1"));
    const delays: number[] = [];
    for (let round = 0; round < 5; round++) {
      for (const [message, expected] of [
        [taskAdded(OTHER), 1],
        [taskUpdated(OTHER, "TASK_KILLED"), 0],
      ] as const) {
        const said = performance.now();
        master.subscribers.say(message);
        await until("the change", async () => (await addresses(server, "other.marathon.mesos")) === expected, 1_000);
        delays.push(performance.now() - said);
      }
    }
    const median = delays.sort((a, b) => a - b)[5] ?? Number.NaN;
    expect(median).toBeLessThan(250);
    expect(server.troubles()).toEqual([]);
  });

  it("of one moment are one change of the zone, and at most ten changes come in a second", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1"));
    const generation = async () => (await server.metric("mesos_dns_snapshot_generation")) ?? 0;
    const before = await generation();
    for (let i = 0; i < 200; i++) {
      master.subscribers.say(taskAdded(task(`t${i}`, { agent: "S0", ip: "203.0.113.9" })));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until("the last task", async () => (await addresses(server, "t199.marathon.mesos")) === 1);
    expect((await generation()) - before).toBeLessThanOrEqual(40);
  });

  it("take an unhealthy task out of what it shares and bring it back, but not where all are unhealthy", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1", "203.0.113.2"), {
      healthPolicy: "omitUnhealthy",
    });
    let timestamp = 1_700_000_100;
    const turns = (ip: string, healthy: boolean) => {
      const container_status = { network_infos: [{ ip_addresses: [{ ip_address: ip }] }] };
      const status = { timestamp: ++timestamp, healthy, container_status };
      master.subscribers.say(taskUpdated({ id: `web.${ip}`, slave_id: S0.id }, "TASK_RUNNING", status));
    };
    const becomes = (expected: string) => until(expected, async () => (await web(server)) === expected, 1_000);
    const services = await server.json<{ host: string; ip: string }[]>("/v1/services/_web._tcp.marathon.mesos");
    const canonical = services.map(({ host }) => host.replace(".slave.", "."));
    expect(canonical).toHaveLength(2);
    turns("203.0.113.2", false);
    await becomes("203.0.113.1");
    for (const name of canonical) expect(await addresses(server, name)).toBe(1);
    turns("203.0.113.2", true);
    await becomes("203.0.113.1 203.0.113.2");
    turns("203.0.113.1", false);
    await becomes("203.0.113.2");
    turns("203.0.113.2", false);
    await becomes("203.0.113.1 203.0.113.2");
    expect(server.troubles()).toEqual([]);
  });

  it("are corrected by the next state, which counts what they had wrong", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1"), { refreshSeconds: 1 });
    await growth(server, 'mesos_dns_state_differences_total{kind="task"}', 1, () => {
      master.lead(webAt("203.0.113.1", "203.0.113.2"));
    });
    expect(await web(server)).toBe("203.0.113.1 203.0.113.2");
  });

  it("go on after the stream was lost, with what it missed", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1"));
    master.leadWithEvents(webAt("203.0.113.2"));
    master.subscribers.cut();
    await until("what was missed", async () => (await web(server)) === "203.0.113.2");
    expect((await server.logged(/^lost the master's events/)).code).toBe("STREAM_LOST");
  });

  it("are read again after garbage", async () => {
    const { master, server } = await startWithEvents(webAt("203.0.113.1"));
    master.subscribers.say("<html>");
    expect((await server.logged(/^lost the master's events/)).code).toBe("STREAM_INVALID");
    await until("another stream", async () => (await server.metric("mesos_dns_stream_reconnects_total")) === 1);
    await connected(server);
    master.subscribers.say(HEARTBEAT, taskAdded(OTHER));
    await until("an event", async () => (await addresses(server, "other.marathon.mesos")) === 1);
  });

  it("are looked for anew when the master misses three heartbeats", async () => {
    const master = await startMaster();
    master.leadWithEvents(webAt("203.0.113.1"), { heartbeatSeconds: 1 });
    const server = await startServer([master], SELDOM);
    const lost = await server.logged(/^lost the master's events/);
    expect([lost.code, lost.msg]).toEqual(["STREAM_LOST", expect.stringContaining("3 heartbeats")]);
    await until("another stream", async () => (await server.metric("mesos_dns_stream_reconnects_total")) === 1);
  });

  it("come from where a master redirects, with credentials", async () => {
    const [first, leader] = [await startMaster(), await startMaster()];
    first.redirectTo(leader);
    leader.leadWithEvents(webAt("203.0.113.1"));
    for (const master of [first, leader]) master.requireBasic("mesos-dns", "open sesame");
    const login = { mesosAuthentication: "basic", mesosCredentials: { principal: "mesos-dns", secret: "open sesame" } };
    const server = await startServer([first], { ...SELDOM, ...login });
    await connected(server);
    leader.subscribers.say(taskAdded(OTHER));
    await until("an event", async () => (await addresses(server, "other.marathon.mesos")) === 1);
  });

  it("are not asked for where only polling is wanted, and can be turned on and off", async () => {
    const master = await startMaster();
    master.leadWithEvents(webAt("203.0.113.1"));
    const server = await startServer([master], { ...SELDOM, updates: "poll" });
    expect(master.requests.filter(({ path }) => API_PATH.test(path))).toEqual([]);
    await server.reload({ masters: [master.address], ...SELDOM });
    await connected(server);
    await server.reload({ masters: [master.address], ...SELDOM, updates: "poll" });
    await until("the end of the stream", () => master.subscribers.count === 0);
    expect(await web(server)).toBe("203.0.113.1");
  });
});

describe("a master without events", () => {
  it.each([400, 403, 404, 405, 415, 501])("that answers %i is polled, which one line tells", async (status) => {
    const master = await startMaster(webAt("203.0.113.1"));
    master.answerApi({ status });
    const server = await startServer([master]);
    const { code, msg } = await server.logged(/^there are no events to follow/);
    expect([code, msg]).toEqual(["STREAM_UNSUPPORTED", expect.stringContaining(`answered ${status}`)]);
    master.lead(webAt("203.0.113.2"));
    await until("the next state", async () => (await web(server)) === "203.0.113.2");
    await growth(server, "mesos_dns_state_fetches_total", 2);
    expect(master.requests.filter(({ path }) => API_PATH.test(path))).toHaveLength(1);
    expect(server.troubles()).toEqual([]);
  });

  it("is asked again when another master leads", async () => {
    const [first, second] = [await startMaster(webAt("203.0.113.1")), await startMaster()];
    second.redirectTo(first);
    const server = await startServer([first, second]);
    await server.logged(/^there are no events to follow/);
    second.leadWithEvents(webAt("203.0.113.1"));
    first.redirectTo(second);
    await connected(server);
  });
});

describe("a failover", () => {
  const S1 = agent("S1", { ip: "192.0.2.11" });
  const WEB = task("web", { agent: "S0", ip: "203.0.113.1", ports: [31000] });
  const API = task("api", { agent: "S1", ip: "203.0.113.2" });
  const running = (...tasks: Json[]) => [framework("marathon", { tasks })];
  const WHOLE = cluster({ agents: [S0, S1], frameworks: running(WEB, API) });
  const EMPTY = cluster({});
  const NAMES = ["web.marathon.mesos", "api.marathon.mesos", "marathon.mesos"];

  /** Asks for every name again and again until the test is over; what was not answered is in the list. */
  function watch(server: Server): string[] {
    const missed: string[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        for (const name of NAMES) {
          const { rcode, answers = [] } = await askUdp(server, name);
          if (answers.length === 0) missed.push(`${name}: ${rcode}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    onTestFinished(async () => {
      isOver = true;
      await asking;
    });
    return missed;
  }

  it.each(["stream", "poll"])("is not seen by clients (%s)", async (updates) => {
    const [first, second] = [await startMaster(), await startMaster()];
    first.leadWithEvents({ id: "m1", ...WHOLE });
    second.redirectTo(first);
    const server = await startServer([first, second], { updates });
    if (updates === "stream") await connected(server);
    const missed = watch(server);
    await first.stop();
    second.leadWithEvents({ id: "m2", ...EMPTY });
    await server.logged(/^the records of 2 tasks stay/);
    const ready = (await (await server.fetch("/readyz")).json()) as { notes: string[] };
    expect(ready.notes.join()).toMatch(/the records of 2 tasks stay.* for at most \d+ s more \(failoverGrace\)/);
    second.lead({ id: "m2", ...cluster({ recovered: [recoveredAgent("S0"), recoveredAgent("S1")] }) });
    await growth(server, "mesos_dns_state_fetches_total");
    const half = cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: running(WEB) });
    second.subscribers.say(taskAdded(WEB), frameworkAdded(framework("marathon")), agentAdded(S0));
    second.lead({ id: "m2", ...half });
    await until("one agent", async () => (await server.metric("mesos_dns_guard_held_tasks")) === 1);
    second.lead({ id: "m2", ...WHOLE });
    await server.logged(/^every agent and framework is back/);
    expect(missed).toEqual([]);
    expect(await server.metric("mesos_dns_guard_held_agents")).toBe(0);
  });

  it("ends for what does not come back when its time is over", async () => {
    const master = await startMaster({ id: "m1", ...WHOLE });
    const server = await startServer([master], { failoverGrace: 2, maxShrink: 100 });
    master.lead({ id: "m2", ...EMPTY });
    await server.logged(/^the records of 2 tasks stay/);
    expect(await web(server)).toBe("203.0.113.1");
    await until("the end of the grace", async () => (await web(server)) === "NXDOMAIN");
  });

  it("does not keep a task that is killed on an agent that is back", async () => {
    const { master, server } = await startWithEvents({ id: "m1", ...WHOLE }, { refreshSeconds: 1 });
    master.lead({
      id: "m2",
      ...cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: running(WEB) }),
    });
    await server.logged(/^the records of 1 tasks stay/);
    master.lead({ id: "m2", ...cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: running() }) });
    await until("the kill", async () => (await web(server)) === "NXDOMAIN");
    expect(await addresses(server, "api.marathon.mesos")).toBe(1);
  });
});

describe("a deliberate kill of everything", () => {
  const many = Array.from({ length: 20 }, (_, i) =>
    task(`t${i}`, { agent: "S0", ip: "203.0.113.1", ports: [31000 + i] }),
  );
  const full = cluster({ agents: [S0], frameworks: [framework("marathon", { tasks: many })] });
  const idle = cluster({ agents: [S0], frameworks: [framework("marathon")] });

  it.each([
    ["a state", (master: ScriptedMaster) => master.lead({ id: "m1", ...idle }), { updates: "poll", refreshSeconds: 1 }],
    [
      "events",
      (master: ScriptedMaster) => {
        master.lead({ id: "m1", ...idle });
        master.subscribers.say(...many.map((each) => taskUpdated(each, "TASK_KILLED")));
      },
      SELDOM,
    ],
  ])("told by %s is held, seen, confirmed and done", async (_, kill, config) => {
    const master = await startMaster();
    master.leadWithEvents({ id: "m1", ...full });
    const server = await startServer([master], config);
    if (config === SELDOM) await connected(server);
    const started = performance.now();
    kill(master);
    const line = await server.logged(/^a state would leave \d+ of \d+ records; it is held/);
    expect(line.level).toBe("warn");
    expect(await addresses(server, "t7.marathon.mesos")).toBe(1);
    expect(await server.metric("mesos_dns_guard_state_held")).toBe(1);
    expect(await (await server.fetch("/readyz")).text()).toContain("until it is confirmed (maxShrink)");
    await until("the kill", async () => (await addresses(server, "t7.marathon.mesos")) === 0);
    const seconds = (performance.now() - started) / 1000;
    expect(seconds).toBeGreaterThan(4.5);
    expect(seconds).toBeLessThan(10);
    await server.logged(/^no state is held any more/);
    expect(await server.metric("mesos_dns_guard_held_states_total")).toBe(1);
  });
});
