import { describe, expect, test } from "vitest";
import type { HealthPolicy } from "../../../../src/config/config.js";
import type { Cluster, Task } from "../../../../src/sources/mesos/cluster.js";
import { HostNames } from "../../../../src/views/facts.js";
import { taskHash } from "../../../../src/views/mesos-dns/task-records.js";
import { AGENT, address, framework, generate, type Parts, task } from "./support.js";

const HASH = taskHash("t1");

const CLUSTER_RECORDS = [
  "_leader._tcp.mesos SRV leader.mesos:5050",
  "_leader._udp.mesos SRV leader.mesos:5050",
  "_master._tcp.mesos SRV master0.mesos:5050",
  "_master._udp.mesos SRV master0.mesos:5050",
  "_slave._tcp.mesos SRV slave.mesos:5051",
  "agent-1-example-com.agent.mesos A 192.0.2.11",
  "leader.mesos A 192.0.2.1",
  "master.mesos A 192.0.2.1",
  "master0.mesos A 192.0.2.1",
  "ns1.mesos A 192.0.2.53",
  "slave.mesos A 192.0.2.11",
];

describe("a cluster without tasks", () => {
  test("has its masters, agents and this server", () => expect(generate([]).records).toEqual(CLUSTER_RECORDS));

  test("numbers the configured masters in their order, followed by a leader that is not among them", () => {
    const masters = [
      { host: "192.0.2.8", port: 5050 },
      { host: "192.0.2.9", port: 5050 },
    ];
    const { of } = generate([], { masters });
    expect(of("master0.mesos")).toEqual(["master0.mesos A 192.0.2.8"]);
    expect(of("master2.mesos")).toEqual(["master2.mesos A 192.0.2.1"]);
    expect(of("master.mesos")).toHaveLength(3);
  });

  test("recognises a leader by another name of its host", () => {
    const resolved = new Map([["master-a.example.com", [address("192.0.2.1")]]]);
    const { of, records } = generate([], { masters: [{ host: "master-a.example.com", port: 5050 }], resolved });
    expect(of("master0.mesos")).toEqual(["master0.mesos A 192.0.2.1"]);
    expect(records.some((record) => record.startsWith("master1."))).toBe(false);
  });

  test("gives an SOA mname outside the domain no address", () => {
    const nameServers = [{ name: "ns.example.com", addresses: [address("192.0.2.53")] }];
    expect(generate([], { nameServers }).records.join()).not.toContain("192.0.2.53");
  });
});

describe("a framework named like the label below which agents have their names", () => {
  const discovery = { name: "db.main", ports: [{ number: 80, name: "", protocol: "" }] };
  const pid = { host: "192.0.2.77", port: 9999 };
  const tasks = [
    task({ id: "t1", name: "agent-1-example-com", ports: [[31000, 31000]], addresses: { netinfo: ["203.0.113.1"] } }),
    task({ id: "t2", name: "db", discovery, addresses: { netinfo: ["203.0.113.2"] } }),
  ];
  const directlyBelow = (records: readonly string[]) =>
    records.filter((record) => /^[^.]+\.agent\.mesos /.test(record));

  test.each(["agent", "Agent", "AGENT."])(
    "(%s) gets no name directly below that label, and keeps the others",
    (name) => {
      const { records, of, skipped } = generate([framework({ name, pid, tasks })]);
      expect(directlyBelow(records)).toEqual(["agent-1-example-com.agent.mesos A 192.0.2.11"]);
      expect(of("agent-1-example-com.agent.slave.mesos")).toHaveLength(1);
      expect(of("_agent-1-example-com._tcp.agent.mesos")).toHaveLength(1);
      expect(of("db.main.agent.mesos")).toEqual(["db.main.agent.mesos A 203.0.113.2"]);
      expect(skipped).toMatchObject([{ kind: "framework", reason: "invalid_name" }]);
      expect(skipped[0]?.detail).toContain("directly below agent.mesos");
    },
  );

  test("or one level below gets no name for its scheduler, and keeps those of its tasks", () => {
    const { records, of, skipped } = generate([framework({ name: "x.agent", pid, tasks })]);
    expect(directlyBelow(records)).toEqual(["agent-1-example-com.agent.mesos A 192.0.2.11"]);
    expect(of("agent-1-example-com.x.agent.mesos")).toEqual(["agent-1-example-com.x.agent.mesos A 203.0.113.1"]);
    expect(records.join()).not.toContain("192.0.2.77");
    expect(skipped).toMatchObject([{ kind: "framework", reason: "invalid_name" }]);
  });

  test("two levels below, or elsewhere, is treated like any other", () => {
    for (const name of ["y.x.agent", "agent.x", "agents", "x-agent"]) {
      const { of, skipped } = generate([framework({ name, pid })]);
      expect(of(`${name}.mesos`)).toEqual([`${name}.mesos A 192.0.2.77`]);
      expect(skipped).toEqual([]);
    }
  });
});

describe("the instances of tasks", () => {
  const discovery = { name: "Web", ports: [{ number: 80, name: "http", protocol: "tcp" }] };
  const instances = [1, 2, 3].flatMap((i) => [
    task({ id: `plain-${i}`, name: "Web", ports: [[31000 + i, 31000 + i]] }),
    task({ id: `published-${i}`, name: "Web", discovery, ports: [[31010 + i, 31010 + i]] }),
    task({ id: `other-${i}`, name: "web.2", ports: [[31020 + i, 31020 + i]] }),
  ]);
  const recordsOf = (...frameworks: (readonly Task[])[]) =>
    generate(frameworks.map((tasks, i) => framework({ id: `f${i}`, name: `Framework-${i}`, tasks }))).records;

  test("have the same records whether they follow one another or not", () => {
    const sorted = instances.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(recordsOf(instances)).toEqual(recordsOf(sorted));
  });

  test("have those of their own framework if several frameworks run tasks of the same name", () => {
    const [first, second] = [recordsOf(instances, []), recordsOf([], instances)];
    expect(recordsOf(instances, instances)).toEqual([...new Set([...first, ...second])].sort());
  });
});

describe("an agent", () => {
  const agentAt = (host: string, hostname: string, id = "a-S1") => ({ id, hostname, endpoint: { host, port: 5051 } });
  const namesOf = (hostname: string, parts: Parts = {}) =>
    generate([], { agents: [agentAt("192.0.2.11", hostname)], ...parts })
      .records.map((record) => record.split(" ")[0])
      .filter((name) => name.includes(".agent."));

  test.each([
    ["Node_7.Rack-2.example.com", "node-7-rack-2-example-com"],
    ["192.0.2.11", "192-0-2-11"],
    [`${"n".repeat(70)}.example.com`, "n".repeat(63)],
  ])("with the host name %s is %s.agent", (hostname, label) => {
    expect(namesOf(hostname)).toEqual([`${label}.agent.mesos`]);
  });

  test.each(["", "###", "-"])("with the host name %j has no name of its own", (hostname) => {
    expect(namesOf(hostname)).toEqual([]);
  });

  test("has a name of at most 24 characters under RFC 952, and none if only digits are left", () => {
    const config = { enforceRFC952: true, IPSources: ["host"] as const };
    expect(namesOf("7node-in-a-rack.far-away.example.com", { config })).toEqual([
      "node-in-a-rack-far-awaye.agent.mesos",
    ]);
    expect(namesOf("192.0.2.11", { config })).toEqual([]);
  });

  test("has every address that its host resolves to", () => {
    const resolved = new Map([["a.example.com", [address("192.0.2.11"), address("2001:db8::11")]]]);
    const { of } = generate([], { agents: [agentAt("a.example.com", "a.example.com")], resolved });
    expect(of("a-example-com.agent.mesos")).toEqual([
      "a-example-com.agent.mesos A 192.0.2.11",
      "a-example-com.agent.mesos AAAA 2001:db8::11",
    ]);
  });

  test("shares its name with another one of the same label", () => {
    const agents = [agentAt("192.0.2.11", "n.1"), agentAt("192.0.2.12", "n-1", "a-S2")];
    expect(generate([], { agents }).of("n-1.agent.mesos")).toEqual([
      "n-1.agent.mesos A 192.0.2.11",
      "n-1.agent.mesos A 192.0.2.12",
    ]);
  });

  test("whose name would be too long has none", () => {
    const domain = `${"d".repeat(60)}.${"d".repeat(60)}.${"d".repeat(60)}.mesos`;
    const config = { domain, IPSources: ["host"] as const };
    expect(namesOf("n".repeat(70), { config })).toEqual([]);
  });
});

describe("a task without discovery", () => {
  const records = generate([framework({ tasks: [task({ ports: [[31000, 31001]] })] })]);

  test("has names for its own addresses and for its agent's", () => {
    expect(records.of("web.marathon.mesos")).toEqual(["web.marathon.mesos A 192.0.2.11"]);
    expect(records.of(`web-${HASH}-s1.marathon.mesos`)).toHaveLength(1);
    expect(records.of("web.marathon.slave.mesos")).toEqual(["web.marathon.slave.mesos A 192.0.2.11"]);
    expect(records.of(`web-${HASH}-s1.marathon.slave.mesos`)).toHaveLength(1);
  });

  test("has its ports under both protocols, with its agent's name as the target", () => {
    const target = `web-${HASH}-s1.marathon.slave.mesos`;
    for (const name of [
      "_web._tcp.marathon.mesos",
      "_web._udp.marathon.mesos",
      "_web._tcp.marathon.slave.mesos",
      "_web._udp.marathon.slave.mesos",
    ]) {
      expect(records.of(name)).toEqual([`${name} SRV ${target}:31000`, `${name} SRV ${target}:31001`]);
    }
  });
});

describe("a task with discovery", () => {
  const discovery = {
    name: "Api.Team",
    ports: [
      { number: 8080, name: "http", protocol: "tcp" },
      { number: 9090, name: "", protocol: "" },
    ],
  };
  const { of } = generate([
    framework({ tasks: [task({ discovery, ports: [[31000, 31000]], addresses: { netinfo: ["198.51.100.7"] } })] }),
  ]);

  test("is published as a label and as written", () => {
    expect(of("api-team.marathon.mesos")).toEqual(["api-team.marathon.mesos A 198.51.100.7"]);
    expect(of("api.team.marathon.mesos")).toEqual(["api.team.marathon.mesos A 198.51.100.7"]);
    expect(of("web.marathon.mesos")).toEqual([]);
  });

  test("has its discovery ports with its own name as the target, and a port without protocol under both", () => {
    const target = `api-team-${HASH}-s1.marathon.mesos`;
    expect(of("_api-team._tcp.marathon.mesos")).toEqual([
      `_api-team._tcp.marathon.mesos SRV ${target}:8080`,
      `_api-team._tcp.marathon.mesos SRV ${target}:9090`,
    ]);
    expect(of("_api-team._udp.marathon.mesos")).toEqual([`_api-team._udp.marathon.mesos SRV ${target}:9090`]);
    expect(of("_http._api-team._tcp.marathon.mesos")).toEqual([
      `_http._api-team._tcp.marathon.mesos SRV ${target}:8080`,
    ]);
    expect(of("_http._api.team._tcp.marathon.mesos")).toEqual([
      `_http._api.team._tcp.marathon.mesos SRV api.team-${HASH}-s1.marathon.mesos:8080`,
    ]);
  });

  test("has its resources' ports on its agent under both protocols", () => {
    const target = `api-team-${HASH}-s1.marathon.slave.mesos:31000`;
    expect(of("_api-team._tcp.marathon.slave.mesos")).toEqual([`_api-team._tcp.marathon.slave.mesos SRV ${target}`]);
    expect(of("_api-team._udp.marathon.slave.mesos")).toEqual([`_api-team._udp.marathon.slave.mesos SRV ${target}`]);
  });
});

describe("IP sources", () => {
  const addresses = { netinfo: ["not an address"], mesos: ["198.51.100.1", "2001:db8::1"] };
  const of = (parts: Parts) => generate([framework({ tasks: [task({ addresses })] })], parts).of("web.marathon.mesos");

  test("the first one with a valid address wins, with all its addresses", () => {
    expect(of({})).toEqual(["web.marathon.mesos A 198.51.100.1", "web.marathon.mesos AAAA 2001:db8::1"]);
  });

  test("are used in the configured order", () => {
    expect(of({ config: { IPSources: ["host", "mesos"] } })).toEqual(["web.marathon.mesos A 192.0.2.11"]);
  });

  test("without an address leave the task only its agent's names", () => {
    const config = { IPSources: ["docker"] as const };
    const { of, skipped } = generate([framework({ tasks: [task()] })], { config });
    expect(of("web.marathon.mesos")).toEqual([]);
    expect(of("web.marathon.slave.mesos")).toHaveLength(1);
    expect(skipped).toEqual([]);
  });
});

describe("an unhealthy task", () => {
  const ports = [
    { number: 8080, name: "http", protocol: "tcp" },
    { number: 9090, name: "", protocol: "" },
  ];
  const well = (parts: Partial<Task>) =>
    task({ ports: [[31000, 31000]], addresses: { netinfo: ["198.51.100.7"] }, ...parts });
  const sick = (parts: Partial<Task>): Task => ({ ...well(parts), unhealthy: true });
  const recordsOf = (parts: Partial<Task>, healthPolicy: HealthPolicy, how = sick) =>
    generate([framework({ tasks: [how(parts)] })], { config: { healthPolicy } }).records.filter((line) =>
      line.includes(".marathon."),
    );

  test("is published like any other unless the policy says otherwise", () => {
    expect(recordsOf({}, "ignore")).toEqual(recordsOf({}, "omitUnhealthy", well));
    expect(recordsOf({}, "ignore").join()).not.toContain("standby");
  });

  test.each([
    ["without discovery", {}, `web-${HASH}-s1`],
    ["with discovery", { discovery: { name: "api", ports } }, `api-${HASH}-s1`],
    ["with a discovery name that is no label", { discovery: { name: "Api.V2", ports } }, `api(-|\\.)v2-${HASH}-s1`],
  ])("%s is on standby for all shared names and services, but not for its canonical ones", (_, parts, canonical) => {
    const lines = recordsOf(parts, "omitUnhealthy");
    const own = lines.filter((line) => !line.endsWith(" standby"));
    expect(own.length).toBeGreaterThan(0);
    for (const line of own) expect(line).toMatch(new RegExp(`^${canonical}\\.marathon\\.(slave\\.)?mesos A `));
    expect(lines.filter((line) => line.endsWith(" standby"))).toHaveLength(lines.length - own.length);
    expect(lines.map((line) => line.replace(/ standby$/, "")).sort()).toEqual(recordsOf(parts, "ignore"));
  });
});

describe("frameworks", () => {
  test("have the address of their pid and its port", () => {
    const { of } = generate([framework({ pid: { host: "192.0.2.20", port: 15101 }, hostname: "other.example.com" })]);
    expect(of("marathon.mesos")).toEqual(["marathon.mesos A 192.0.2.20"]);
    expect(of("_framework._tcp.marathon.mesos")).toEqual(["_framework._tcp.marathon.mesos SRV marathon.mesos:15101"]);
  });

  test("without pid have the address of their host, if it resolves", () => {
    const resolved = new Map([["scheduler.example.com", [address("192.0.2.21")]]]);
    const frameworks = [
      framework({ hostname: "scheduler.example.com" }),
      framework({ name: "lost", hostname: "gone.example.com" }),
    ];
    const { of } = generate(frameworks, { resolved });
    expect(of("marathon.mesos")).toEqual(["marathon.mesos A 192.0.2.21"]);
    expect(of("lost.mesos")).toEqual([]);
  });

  test.each(["agent", "leader", "master", "master0", "slave", "ns1", "", "!!!"])("cannot take the name %j", (name) => {
    const result = generate([framework({ name, pid: { host: "198.51.100.66", port: 1 } })]);
    expect(result.records).toEqual(CLUSTER_RECORDS);
    expect(result.skipped).toMatchObject([{ kind: "framework", id: "f1", reason: "invalid_name" }]);
  });
});

describe("what cannot be published", () => {
  test("a task on an unknown agent is left out and reported", () => {
    const { skipped, records } = generate([framework({ tasks: [task({ agentId: "gone" })] })]);
    expect(records).toEqual(CLUSTER_RECORDS);
    expect(skipped).toMatchObject([{ kind: "task", id: "t1", reason: "unknown_agent" }]);
  });

  test("a task without any address is left out", () => {
    const agent = { ...AGENT, endpoint: { host: "unresolved.example.com", port: 5051 } };
    const { skipped } = generate([framework({ tasks: [task()] })], { agents: [agent] });
    expect(skipped).toMatchObject([{ id: "t1", reason: "no_address" }]);
  });

  test("a task without a valid name does not affect others", () => {
    const { skipped, of } = generate([
      framework({ name: "???", tasks: [task({ id: "bad" })] }),
      framework({ tasks: [task()] }),
    ]);
    expect(skipped).toMatchObject([
      { kind: "framework", reason: "invalid_name" },
      { kind: "task", id: "bad", reason: "invalid_name" },
    ]);
    expect(of("web.marathon.mesos")).toHaveLength(1);
  });

  test("a service label of 63 octets is shortened to make room for its underscore", () => {
    const { of } = generate([framework({ tasks: [task({ name: "a".repeat(63), ports: [[31000, 31000]] })] })]);
    expect(of(`_${"a".repeat(62)}._tcp.marathon.mesos`)).toHaveLength(1);
  });
});

test("the hosts to resolve are those that are not addresses", () => {
  const agent = { ...AGENT, endpoint: { host: "agent.example.com", port: 5051 } };
  const cluster: Cluster = {
    leader: { host: "192.0.2.1", port: 5050 },
    agents: new Map([[agent.id, agent]]),
    frameworks: [
      framework({ hostname: "a.example.com" }),
      framework({ pid: { host: "192.0.2.3", port: 1 }, hostname: "b.example.com" }),
    ],
    skipped: [],
  };
  expect([...new HostNames().of(cluster, [{ host: "m.example.com", port: 5050 }])].sort()).toEqual([
    "a.example.com",
    "agent.example.com",
    "m.example.com",
  ]);
});
