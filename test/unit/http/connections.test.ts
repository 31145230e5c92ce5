import { describe, expect, test } from "vitest";
import { Connections } from "../../../src/http/connections.js";

function setUp() {
  const destroyed: string[] = [];
  const connections = new Connections((address) => address === "proxy", {
    all: 6,
    perAddress: 3,
    waiting: 4,
    waitingPerAddress: 2,
  });
  const open = (name: string, address = name[0] as string) => {
    const connection = { address, destroy: () => void destroyed.push(name) };
    connections.add(connection);
    return connection;
  };
  return { connections, destroyed, open };
}

describe("a connection over a limit", () => {
  test("of one address closes the one of that address that has been silent for longest", () => {
    const { connections, destroyed, open } = setUp();
    const a1 = open("a1");
    for (const name of ["b1", "a2", "a3"]) open(name);
    connections.asked(a1);
    open("a4");
    expect(destroyed).toEqual(["a2"]);
    open("a5");
    expect(destroyed).toEqual(["a2", "a3"]);
    expect(connections.size).toBe(4);
  });

  test("in total closes the one that has been silent for longest", () => {
    const { connections, destroyed, open } = setUp();
    const first = ["a1", "a2", "b1", "b2", "c1", "c2"].map((name) => open(name));
    connections.asked(first[0] as (typeof first)[0]);
    open("d1");
    expect(destroyed).toEqual(["a2"]);
    expect(connections.size).toBe(6);
  });

  test("does not exist for a proxy's address, to which only the total applies", () => {
    const { destroyed, open } = setUp();
    for (let i = 0; i < 6; i++) open(`p${i}`, "proxy");
    expect(destroyed).toEqual([]);
    open("p6", "proxy");
    expect(destroyed).toEqual(["p0"]);
  });

  test("is within it again after others have been closed", () => {
    const { connections, destroyed, open } = setUp();
    for (let i = 0; i < 20; i++) {
      const one = open(`a${i}`);
      connections.asked(one);
      connections.remove(one);
      connections.remove(one);
    }
    expect([destroyed, connections.size]).toEqual([[], 0]);
  });
});

describe("a connection that waits for a change", () => {
  test("is counted apart from the others, and not closed for them", () => {
    const { connections, destroyed, open } = setUp();
    const a1 = open("a1");
    expect([connections.seat(a1), connections.seat(a1)]).toEqual([true, true]);
    for (const name of ["a2", "a3", "a4", "a5"]) open(name);
    expect(destroyed).toEqual(["a2"]);
  });

  test("has a place only within the limits, per address and in total", () => {
    const { connections, open } = setUp();
    const [a1, a2, a3] = ["a1", "a2", "a3"].map((name) => open(name)) as [Opened, Opened, Opened];
    expect([a1, a2, a3].map((each) => connections.seat(each))).toEqual([true, true, false]);
    connections.remove(a1);
    expect(connections.seat(a3)).toBe(true);
    const proxies = ["p1", "p2", "p3"].map((name) => connections.seat(open(name, "proxy")));
    expect(proxies).toEqual([true, true, false]);
  });

  test("has no place when it is already closed", () => {
    const { connections, open } = setUp();
    const a1 = open("a1");
    connections.remove(a1);
    expect(connections.seat(a1)).toBe(false);
  });
});

type Opened = ReturnType<ReturnType<typeof setUp>["open"]>;
