import { describe, expect, it } from "vitest";
import { readState } from "../../../../src/sources/mesos/state.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";
import { addresses, MASTER, read, readTask, running, withTasks } from "./reading.js";

describe("a malformed field", () => {
  it.each([undefined, null, "", 7, [], {}])("costs a task only its discovery if that is %j", (value) => {
    expect(readTask({ discovery: value })).not.toHaveProperty("discovery");
    expect(readTask({ discovery: { name: value, ports: { ports: [{ number: 80 }] } } })).not.toHaveProperty(
      "discovery",
    );
    expect(readTask({ discovery: { name: "web", ports: value } })?.discovery).toEqual({ name: "web", ports: [] });
    expect(readTask({ discovery: { name: "web", ports: { ports: value } } })?.discovery).toEqual({
      name: "web",
      ports: [],
    });
  });

  it("costs a discovery only the port that it is in", () => {
    const ports = [null, 80, {}, { number: "80" }, { number: 65536 }, { number: -1 }, { number: 80.5 }];
    const good = [{ number: 0, protocol: "client", name: 7 }, { number: 65535 }];
    expect(readTask({ discovery: { name: "web", ports: { ports: [...ports, ...good] } } })?.discovery?.ports).toEqual([
      { number: 0, protocol: "client", name: "" },
      { number: 65535, protocol: "", name: "" },
    ]);
  });

  it.each([undefined, null, "", 7, []])("costs a task only its ports or addresses if it is %j", (value) => {
    expect(readTask({ resources: value, statuses: value })).toMatchObject({ ports: [], addresses: {} });
    expect(readTask({ resources: { ports: value }, statuses: [value] })).toMatchObject({ ports: [], addresses: {} });
    expect(addresses(running({ labels: value, container_status: value }))).toEqual({});
    expect(addresses(running({ labels: [value] }))).toEqual({});
  });

  it.each([undefined, null, "", 7, "scheduler@"])("costs a framework only its address if it is %j", (value) => {
    const odd = { ...framework("marathon", { tasks: [task("web", { agent: "S0" })] }), pid: value, hostname: value };
    const [read1] = read({ ...cluster({}), frameworks: [odd] }).frameworks;
    expect(read1).not.toHaveProperty("pid");
    expect(read1?.tasks).toHaveLength(1);
  });
});

describe("an element that lacks a required member", () => {
  const good = task("good", { agent: "S0" });

  it.each([
    [7, "frameworks[0].tasks[1]", "it is not an object"],
    [null, "frameworks[0].tasks[1]", "it is not an object"],
    [{}, "frameworks[0].tasks[1]", "its state is not a string"],
    [{ ...good, id: undefined }, "frameworks[0].tasks[1]", "it has no id"],
    [{ ...good, id: 7 }, "frameworks[0].tasks[1]", "it has no id"],
    [{ ...good, id: "odd", name: null }, "odd", "its name is not a string"],
    [{ ...good, id: "odd", slave_id: undefined }, "odd", "it has no slave_id"],
  ])("is left out of the tasks and listed: %j", (odd, id, detail) => {
    const { frameworks, skipped } = read(withTasks(good, odd, good));
    expect(frameworks[0]?.tasks).toHaveLength(2);
    expect(skipped).toEqual([{ kind: "task", id, reason: "malformed", detail }]);
  });

  it.each([
    [7, "slaves[1]", "it is not an object"],
    [{ hostname: "a.example.com" }, "slaves[1]", "it has no id"],
    [{ id: "odd", pid: "?" }, "odd", "it has neither a pid nor a hostname"],
  ])("is left out of the agents and listed: %j", (odd, id, detail) => {
    const { agents, skipped } = read({ ...cluster({}), slaves: [agent("S0"), odd, agent("S1")] });
    expect(agents.size).toBe(2);
    expect(skipped).toEqual([{ kind: "agent", id, reason: "malformed", detail }]);
  });

  it.each([
    ["x", "frameworks[1]", "it is not an object"],
    [{ name: "odd" }, "frameworks[1]", "it has no id"],
    [{ id: "odd", tasks: [{}] }, "odd", "its name is not a string"],
  ])("is left out of the frameworks and listed: %j", (odd, id, detail) => {
    const { frameworks, skipped } = read({ ...cluster({}), frameworks: [framework("a"), odd, framework("b")] });
    expect(frameworks.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(skipped).toEqual([{ kind: "framework", id, reason: "malformed", detail }]);
  });

  it("may be one of very many", () => {
    const odd = Array.from({ length: 200_000 }, () => 7);
    const { frameworks, skipped } = read({
      ...cluster({}),
      frameworks: [{ ...framework("a"), tasks: [good, ...odd] }],
    });
    expect(frameworks[0]?.tasks).toHaveLength(1);
    expect(skipped).toHaveLength(200_000);
  });

  it("may be a framework's whole list of tasks", () => {
    const { frameworks, skipped } = read({ ...cluster({}), frameworks: [{ ...framework("a"), tasks: {} }] });
    expect(frameworks[0]?.tasks).toEqual([]);
    expect(skipped).toMatchObject([{ kind: "task", id: "frameworks[0].tasks", detail: "it is not a list" }]);
  });
});

describe("a body that is not a state", () => {
  const good = JSON.stringify(stateOf(MASTER, withTasks(task("web", { agent: "S0" }))));

  it("is refused wherever it is cut off", () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => readState(Buffer.from(good.slice(0, length)))).toThrow(
        expect.objectContaining({ code: "STATE_INVALID" }),
      );
    }
  });

  it.each([
    [`${good}{}`, `byte ${good.length} is '{' where the end should be`],
    [good.replace('"state":"TASK_RUNNING"', '"state":TASK_RUNNING'), "is not JSON"],
    ["[]", "the state is not a JSON object"],
    ['"leader"', "the state is not a JSON object"],
    ["<html>", "the state is not"],
    ['{"leader":"master@192.0.2.1:5050","slaves":[]}', "the state has no list of frameworks"],
    ['{"leader":"master@192.0.2.1:5050","frameworks":[],"slaves":{}}', "the state has no list of slaves"],
  ])("is refused with a reason: %s", (text, message) => {
    expect(() => readState(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "STATE_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it.each([undefined, null, ""])("is refused as not leading if its leader is %j", (leader) => {
    expect(() => read({ ...cluster({}), leader })).toThrow(expect.objectContaining({ code: "MASTER_NOT_LEADING" }));
  });

  it.each(["192.0.2.1", "master@", 7, {}])("is refused as invalid if its leader is %j", (leader) => {
    expect(() => read({ ...cluster({}), leader })).toThrow(expect.objectContaining({ code: "STATE_INVALID" }));
  });
});
