import { expect, test } from "vitest";
import type { HealthPolicy } from "../../../../src/config/config.js";
import type { Agent, Cluster, Framework, Task } from "../../../../src/sources/mesos/cluster.js";
import { ClusterFacts } from "../../../../src/views/facts.js";
import { enumerate } from "../../../../src/views/mesos-dns/enumerate.js";
import { configOf } from "../../config/support.js";

const AGENT: Agent = { id: "x-S0", endpoint: { host: "192.0.2.10", port: 5051 }, hostname: "agent.example" };

function task(values: Partial<Task>): Task {
  return { id: "t.1", name: "t", agentId: AGENT.id, ports: [], addresses: {}, ...values };
}

function clusterOf(...frameworks: [name: string, tasks: Task[]][]): Cluster {
  return {
    leader: { host: "192.0.2.1", port: 5050 },
    agents: new Map([[AGENT.id, AGENT]]),
    frameworks: frameworks.map(([name, tasks], i): Framework => ({ id: `f${i}`, name, hostname: "", tasks })),
    skipped: [],
  };
}

function chunksOf(cluster: Cluster, healthPolicy: HealthPolicy = "ignore", others: readonly string[] = []): string[] {
  const config = configOf({ healthPolicy });
  const facts = new ClusterFacts({
    cluster,
    masters: [],
    nameServers: [{ name: "ns1.mesos", addresses: [] }],
    resolved: new Map(),
    records: [],
    ipSources: ["netinfo", "host"],
  });
  return [...enumerate({ facts, config, omitsStandby: (name) => others.includes(name) })];
}

interface Listed {
  frameworks: { name: string; tasks: { name: string; id: string; records: Record<string, string>[] }[] }[];
}

function listingOf(cluster: Cluster): Listed {
  return JSON.parse(chunksOf(cluster).join(""));
}

test("a task is listed with every record published for it", () => {
  const web = task({
    id: "web.1",
    name: "Web",
    ports: [[80, 80]],
    addresses: { netinfo: ["198.51.100.7", "2001:db8::7"] },
  });
  const { frameworks } = listingOf(clusterOf(["marathon", [web]]));
  expect(frameworks).toHaveLength(1);
  expect(frameworks[0].tasks).toHaveLength(1);
  const [{ name, id, records }] = frameworks[0].tasks;
  expect({ name, id }).toEqual({ name: "Web", id: "web.1" });
  const [canonical] = records
    .map((record) => record.name)
    .filter((text) => /^web-\w{5}-s0\.marathon\.slave\./.test(text));
  expect(records).toEqual(
    expect.arrayContaining([
      { name: "web.marathon.mesos.", host: "198.51.100.7", rtype: "A" },
      { name: "web.marathon.mesos.", host: "2001:db8::7", rtype: "AAAA" },
      { name: "web.marathon.slave.mesos.", host: "192.0.2.10", rtype: "A" },
      { name: "_web._tcp.marathon.mesos.", host: `${canonical}:80`, rtype: "SRV" },
      { name: "_web._udp.marathon.mesos.", host: `${canonical}:80`, rtype: "SRV" },
    ]),
  );
});

test("no record is listed twice for one task", () => {
  const twice = task({
    addresses: { netinfo: ["198.51.100.7", "198.51.100.7"] },
    discovery: { name: "T", ports: [1, 2].map(() => ({ number: 80, name: "", protocol: "tcp" })) },
  });
  const { records } = listingOf(clusterOf(["f", [twice]])).frameworks[0].tasks[0];
  const texts = records.map((record) => JSON.stringify(record));
  expect(texts.length).toBeGreaterThan(0);
  expect(new Set(texts).size).toBe(texts.length);
});

test("an unhealthy task is listed with its published records: those of names that no healthy task has", () => {
  const sick = task({ ports: [[80, 80]], unhealthy: true });
  const others = ["t.f.mesos", "_t._tcp.f.mesos", "_t._udp.f.mesos"];
  const namesOf = (policy: HealthPolicy) => {
    const { frameworks }: Listed = JSON.parse(chunksOf(clusterOf(["f", [sick]]), policy, others).join(""));
    return frameworks[0].tasks[0].records.map(({ name }) => name);
  };
  expect(namesOf("ignore")).toHaveLength(8);
  expect(namesOf("omitUnhealthy")).toEqual([
    expect.stringMatching(/^t-\w{5}-s0\.f\.mesos\.$/),
    "t.f.slave.mesos.",
    expect.stringMatching(/^t-\w{5}-s0\.f\.slave\.mesos\.$/),
    "_t._tcp.f.slave.mesos.",
    "_t._udp.f.slave.mesos.",
  ]);
});

test("frameworks without tasks are listed", () => {
  expect(listingOf(clusterOf(["empty", []]))).toEqual({ frameworks: [{ name: "empty", tasks: [] }] });
  expect(listingOf(clusterOf())).toEqual({ frameworks: [] });
});

test("a task on an unknown agent is not listed", () => {
  const lost = task({ id: "lost", agentId: "unknown-S9" });
  const tasks = listingOf(clusterOf(["f", [lost, task({})]])).frameworks[0].tasks;
  expect(tasks.map(({ id }) => id)).toEqual(["t.1"]);
});

test("a task without a DNS name is listed without records", () => {
  const { tasks } = listingOf(clusterOf(["###", [task({})]])).frameworks[0];
  expect(tasks).toEqual([{ name: "t", id: "t.1", records: [] }]);
});

test("names that JSON has to escape are listed unchanged", () => {
  const odd = task({ id: 'id "quoted"\n', name: "back\\slash \ud800" });
  const [framework] = listingOf(clusterOf(['"f"', [odd]])).frameworks;
  expect(framework.name).toBe('"f"');
  expect(framework.tasks[0]).toMatchObject({ id: 'id "quoted"\n', name: "back\\slash \ud800" });
});

test("a large cluster comes in chunks of limited size", () => {
  const tasks = Array.from({ length: 2000 }, (_, i) => task({ id: `t.${i}`, name: `t${i}` }));
  const chunks = chunksOf(clusterOf(["f", tasks]));
  expect(chunks.length).toBeGreaterThan(5);
  for (const chunk of chunks) expect(chunk.length).toBeLessThan(70 * 1024);
  expect(JSON.parse(chunks.join("")).frameworks[0].tasks).toHaveLength(2000);
});
