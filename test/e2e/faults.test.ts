import { expect, it } from "vitest";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { becomesReady, growth, startMaster, startServer, web, webAt } from "../support/scenario.js";
import { agent, cluster, framework, type ScriptedMaster, stateOf, task } from "../support/scripted-master.js";
import { until } from "../support/wait.js";

type Answer = Parameters<ScriptedMaster["answer"]>[0];

const STATE_MAX_BYTES = 200_000;
const GOOD = webAt("203.0.113.1");
/** What a zone would lose its names by, were it taken for a state. */
const EMPTY = webAt();

const failures = (code: string) => `mesos_dns_state_failures_total{code="${code}"}`;
const padded = (master: ScriptedMaster) => ({ ...stateOf(master, EMPTY), padding: "x".repeat(STATE_MAX_BYTES) });

/**
 * What a master does wrong, the code of the error, and what its message says besides the master's name. Neighbours
 * differ in their messages: one that is repeated is not logged again.
 */
const FAULTS: readonly (readonly [
  what: string,
  code: string,
  why: RegExp,
  answer: (master: ScriptedMaster) => Answer,
])[] = [
  ["cuts its JSON off", "STATE_INVALID", /JSON|end/, (m) => ({ body: JSON.stringify(stateOf(m, EMPTY)).slice(0, -9) })],
  ["breaks the connection", "MASTER_UNREACHABLE", /closed/, (m) => ({ state: stateOf(m, EMPTY), cutAfter: 100 })],
  ["answers garbage", "STATE_INVALID", /JSON/, () => ({ body: Buffer.alloc(5000, 0xff) })],
  ["answers nothing", "STATE_INVALID", /JSON|empty/, () => ({ body: "" })],
  ["answers a page", "STATE_CONTENT_TYPE", /text\/html/, () => ({ body: "<p>", contentType: "text/html" })],
  ["answers too much", "STATE_TOO_LARGE", /stateMaxBytes/, (m) => ({ state: padded(m) })],
  ["packs it wrongly", "STATE_INVALID", /gzip/, () => ({ body: "x", headers: { "content-encoding": "gzip" } })],
  ["packs too much", "STATE_TOO_LARGE", /stateMaxBytes/, (m) => ({ state: padded(m), gzip: true })],
  ["leaves its lists out", "STATE_INVALID", /list/, (m) => ({ state: { leader: `master@${m.address}` } })],
  ["knows no leader", "MASTER_NOT_LEADING", /leader/, () => ({ state: { ...EMPTY, leader: "" } })],
  ["never answers", "MASTER_TIMEOUT", /within 1 s/, () => ({ silent: true })],
  ["fails", "MASTER_STATUS", /answered 500/, () => ({ status: 500 })],
  [
    "redirects to itself",
    "MASTER_STATUS",
    /redirect/,
    (m) => ({ status: 307, headers: { location: `//${m.address}/state` } }),
  ],
  [
    "never comes to an end",
    "MASTER_TIMEOUT",
    /within 1 s/,
    (m) => ({ state: stateOf(m, EMPTY), trickle: { bytes: 1, everyMs: 50 } }),
  ],
];

it("whatever a master answers instead of a state, the zone stays, and the error says which master and why", async () => {
  const master = await startMaster(GOOD);
  const server = await startServer([master], { stateTimeoutSeconds: 1, stateMaxBytes: STATE_MAX_BYTES });
  for (const [what, code, why, answer] of FAULTS) {
    const seen = server.log.length;
    master.answer(answer(master));
    await growth(server, failures(code));
    const line = await server.logged(/^cannot get the Mesos state, the last good zone is served/, seen);
    expect([what, line.level, line.code]).toEqual([what, "error", code]);
    expect(line.msg).toMatch(why);
    expect(line.msg).toContain(`Mesos master ${master.address}`);
    expect([what, await web(server)]).toEqual([what, "203.0.113.1"]);
  }
  master.lead(webAt("203.0.113.2"));
  await server.logged(/^the Mesos state can be fetched again$/);
  await until("the new zone", async () => (await web(server)) === "203.0.113.2");
  await becomesReady(server);
});

it("what is malformed costs only itself, is logged once with its id, and counted", async () => {
  const running = { state: "TASK_RUNNING", name: "x", slave_id: "agents-S0" };
  const master = await startMaster(
    cluster({
      agents: [agent("S0"), { id: 7 }, { id: "agents-S1", hostname: "nowhere.invalid" }, {}],
      frameworks: [
        framework("marathon", {
          tasks: [
            task("web", { agent: "S0", ip: "203.0.113.1" }),
            { ...running, id: 5 },
            { ...running, id: "nameless.1", name: null },
            { ...running, id: "stateless.1", state: 3 },
            { ...running, id: "odd.1", name: "odd", statuses: {}, resources: [], discovery: "no", labels: 4 },
            task("lost", { id: "lost.1", agent: "S9" }),
            task("homeless", { id: "homeless.1", agent: "S1" }),
          ],
        }),
        { id: "frameworks-broken", name: 12, tasks: [task("gone", { agent: "S0" })] },
        { ...framework("listless"), tasks: "none" },
        framework("", { id: "frameworks-nameless" }),
        framework(Array(4).fill("f".repeat(63)).join("."), {
          id: "frameworks-long",
          tasks: [task("unspeakable", { agent: "S0" })],
        }),
        framework("chronos", { tasks: [task("backup", { agent: "S0", ip: "203.0.113.2" })] }),
      ],
    }),
  );
  const server = await startServer([master]);

  expect(await web(server)).toBe("203.0.113.1");
  expect(lines((await askUdp(server, "backup.chronos.mesos")).answers)).toEqual([
    "backup.chronos.mesos 60 A 203.0.113.2",
  ]);
  expect(lines((await askUdp(server, "odd.marathon.mesos")).answers)).toEqual(["odd.marathon.mesos 60 A 192.0.2.10"]);

  const counted = [
    ["task", "malformed", 4],
    ["task", "unknown_agent", 1],
    ["task", "no_address", 1],
    ["task", "invalid_name", 1],
    ["agent", "malformed", 2],
    ["framework", "malformed", 1],
    ["framework", "invalid_name", 2],
  ] as const;
  for (const [kind, reason, count] of counted) {
    const value = await server.metric(`mesos_dns_skipped{kind="${kind}",reason="${reason}"}`);
    expect([kind, reason, value]).toEqual([kind, reason, count]);
  }
  await growth(server, "mesos_dns_state_fetches_total", 2);
  const logged = server.log.filter(({ msg }) => msg.startsWith("left out of the zone")).map(({ msg }) => msg.slice(22));
  expect(logged.sort()).toEqual(
    [
      "agent slaves[1]",
      "agent slaves[3]",
      "framework frameworks-broken",
      "framework frameworks-long",
      "framework frameworks-nameless",
      "task frameworks[0].tasks[1]",
      "task homeless.1",
      "task lost.1",
      "task nameless.1",
      "task stateless.1",
      "task unspeakable.S0",
      "task frameworks[2].tasks",
    ].sort(),
  );
});

it("a builder that runs out of memory is started again, and answers do not wait for that", async () => {
  const master = await startMaster(GOOD);
  const env = { NODE_OPTIONS: "--max-old-space-size=40" };
  const server = await startServer([master], {}, { env });
  const discovery = (i: number) => ({ name: `service.${i}`, ports: [{ number: 8080, name: `port-${i}` }] });
  const tasks = Array.from({ length: 80_000 }, (_, i) =>
    task("web", { id: `web.${i}`, agent: "S0", ports: [(i % 60_000) + 1], discovery: discovery(i) }),
  );
  master.lead(cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] }));

  const lost = /^the builder thread ended, .*memory.*; it is started again in 1 s$/;
  await until("the builder's end", async () => {
    expect(await web(server)).toBe("203.0.113.1");
    return server.log.some(({ msg }) => lost.test(msg));
  });
  master.lead(webAt("203.0.113.2"));
  await until("the new builder's zone", async () => (await web(server)) === "203.0.113.2");
  expect(await server.metric("mesos_dns_builder_restarts_total")).toBe(1);
  expect(await server.json("/v1/enumerate")).toMatchObject({ frameworks: [{ tasks: [{ id: "web.203.0.113.2" }] }] });
});
