import { describe, expect, test } from "vitest";
import type { Agent, Task } from "../../../../src/sources/mesos/cluster.js";
import { taskHash } from "../../../../src/views/mesos-dns/task-records.js";
import { reverseName } from "../../../../src/views/reverse/reverse-names.js";
import { address, framework, generate, type Parts, task } from "../mesos-dns/support.js";

const MASTER = "1.2.0.192.in-addr.arpa PTR master0.mesos";
const ON_S1: Agent = { id: "a-S1", hostname: "n1.example.com", endpoint: { host: "192.0.2.11", port: 5051 } };
const ON_S2: Agent = { id: "a-S2", hostname: "n2.example.com", endpoint: { host: "192.0.2.12", port: 5051 } };
const AGENTS = ["11.2.0.192.in-addr.arpa PTR n1-example-com.agent.mesos"];

/** The reverse names of a cluster, by default with one master and one agent. */
function pointersOf(tasks: readonly Task[], parts: Parts = {}): string[] {
  return generate([framework({ tasks })], { agents: [ON_S1], ...parts }).pointers;
}

/** A task `web` that reports these addresses. */
function container(id: string, addresses: readonly string[], parts: Partial<Task> = {}): Task {
  return task({ id, agentId: ON_S1.id, addresses: { netinfo: addresses }, ...parts });
}

function canonical(id: string, label = "web", agent = "s1"): string {
  return `${label}-${taskHash(id)}-${agent}.marathon.mesos`;
}

describe("the reverse name of an address", () => {
  test.each([
    ["192.0.2.11", "11.2.0.192.in-addr.arpa"],
    ["2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    ["::ffff:192.0.2.11", "11.2.0.192.in-addr.arpa"],
  ])("%s is %s", (text, name) => expect(reverseName(address(text))).toBe(name));
});

describe("an agent's address", () => {
  test("points to the agent's name", () => expect(pointersOf([])).toEqual([MASTER, ...AGENTS]));

  test("points to the name of every agent that has it", () => {
    const agents = [ON_S1, { ...ON_S2, endpoint: ON_S1.endpoint }];
    expect(pointersOf([], { agents })).toEqual([
      MASTER,
      ...AGENTS,
      "11.2.0.192.in-addr.arpa PTR n2-example-com.agent.mesos",
    ]);
  });

  test("has no reverse name if the agent has no host name, and does not belong to its task either", () => {
    const agents = [{ ...ON_S1, hostname: "" }];
    expect(pointersOf([container("t1", ["192.0.2.11"])], { agents })).toEqual([MASTER]);
  });

  test("belongs to the agent even if tasks report it and a master has it", () => {
    const masters = [
      { host: "192.0.2.1", port: 5050 },
      { host: "192.0.2.11", port: 5050 },
    ];
    expect(pointersOf([container("t1", ["192.0.2.11"])], { masters })).toEqual([MASTER, ...AGENTS]);
  });

  test("in IPv6 has a reverse name as well", () => {
    const agents = [{ ...ON_S1, endpoint: { host: "2001:db8::11", port: 5051 } }];
    const name = reverseName(address("2001:db8::11"));
    expect(pointersOf([], { agents })).toContain(`${name} PTR n1-example-com.agent.mesos`);
  });
});

describe("a container's address", () => {
  test("points to the task's canonical name", () => {
    expect(pointersOf([container("t1", ["198.51.100.7", "2001:db8::7"])])).toEqual([
      MASTER,
      ...AGENTS,
      `${reverseName(address("2001:db8::7"))} PTR ${canonical("t1")}`,
      `7.100.51.198.in-addr.arpa PTR ${canonical("t1")}`,
    ]);
  });

  test("points to the canonical name of the label if the discovery name is not a label", () => {
    const discovery = { name: "Api.Team", ports: [] };
    expect(pointersOf([container("t1", ["198.51.100.7"], { discovery })])).toEqual([
      MASTER,
      ...AGENTS,
      `7.100.51.198.in-addr.arpa PTR ${canonical("t1", "api-team")}`,
    ]);
  });

  test("points to every task of its agent that reports it", () => {
    const found = pointersOf([container("t1", ["198.51.100.7"]), container("t2", ["198.51.100.7"])]);
    const names = [canonical("t1"), canonical("t2")].sort();
    expect(found.slice(2)).toEqual(names.map((name) => `7.100.51.198.in-addr.arpa PTR ${name}`));
  });

  test("that tasks on several agents report has no reverse name", () => {
    const tasks = [container("t1", ["172.17.0.2"]), container("t2", ["172.17.0.2"], { agentId: ON_S2.id })];
    const others = container("t3", ["172.17.0.3"]);
    const found = pointersOf([...tasks, others], { agents: [ON_S1, ON_S2] });
    expect(found.filter((line) => line.includes(".172."))).toEqual([`3.0.17.172.in-addr.arpa PTR ${canonical("t3")}`]);
  });

  test("has no reverse name even if one of the tasks on several agents has no name", () => {
    const nameless = container("t2", ["172.17.0.2"], { agentId: ON_S2.id });
    const masters = [{ host: "172.17.0.2", port: 5050 }];
    const frameworks = [
      framework({ name: "???", tasks: [nameless] }),
      framework({ tasks: [container("t1", ["172.17.0.2"])] }),
    ];
    const { pointers } = generate(frameworks, { agents: [ON_S1, ON_S2], masters });
    expect(pointers.filter((line) => line.includes(".172."))).toEqual([]);
  });

  test("belongs to the task even if a master has it", () => {
    expect(pointersOf([container("t1", ["192.0.2.1"])])).toEqual([
      `1.2.0.192.in-addr.arpa PTR ${canonical("t1")}`,
      ...AGENTS,
    ]);
  });

  test("has no reverse name if its source is not the one that counts", () => {
    const config = { IPSources: ["host", "netinfo"] as const };
    expect(pointersOf([container("t1", ["198.51.100.7"])], { config })).toEqual([MASTER, ...AGENTS]);
  });

  test("has no reverse name if the task has no name", () => {
    const frameworks = [framework({ name: "???", tasks: [container("t1", ["198.51.100.7"])] })];
    expect(generate(frameworks, { agents: [ON_S1] }).pointers).toEqual([MASTER, ...AGENTS]);
  });
});

describe("a master's address", () => {
  test("points to the numbered name of every master that has it", () => {
    const masters = ["192.0.2.8", "192.0.2.8", "192.0.2.1"].map((host, i) => ({ host, port: 5050 + (i % 2) }));
    expect(pointersOf([], { masters, agents: [] })).toEqual([
      "1.2.0.192.in-addr.arpa PTR master2.mesos",
      "8.2.0.192.in-addr.arpa PTR master0.mesos",
      "8.2.0.192.in-addr.arpa PTR master1.mesos",
    ]);
  });
});

test.each(["127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.1.1", "::", "::1", "fe80::1", "febf::1"])(
  "%s is an address of every machine, and has no reverse name",
  (text) => {
    expect(pointersOf([container("t1", [text])])).toEqual([MASTER, ...AGENTS]);
    expect(pointersOf([], { agents: [{ ...ON_S1, endpoint: { host: text, port: 5051 } }] })).toEqual([MASTER]);
  },
);

test.each(["::2", "1::", "fec0::1", "fd00::1", "10.0.0.1", "169.253.1.1", "128.0.0.1"])("%s has one", (text) => {
  expect(pointersOf([container("t1", [text])])).toContain(`${reverseName(address(text))} PTR ${canonical("t1")}`);
});

test("the order of tasks and agents does not matter", () => {
  const tasks = [
    container("t1", ["172.17.0.2"]),
    container("t2", ["172.17.0.2"], { agentId: ON_S2.id }),
    container("t3", ["198.51.100.7", "192.0.2.12"]),
    container("t4", ["198.51.100.7"]),
  ];
  const forwards = pointersOf(tasks, { agents: [ON_S1, ON_S2] });
  expect(forwards).toHaveLength(5);
  expect(pointersOf([...tasks].reverse(), { agents: [ON_S2, ON_S1] })).toEqual(forwards);
});
