import { describe, expect, it } from "vitest";
import type { Topic } from "../../../../src/http/catalog/board.js";
import { Waiters } from "../../../../src/http/waiting/waiters.js";
import type { Json } from "../../../support/json.js";
import { task } from "../../../support/scripted-master.js";
import { ManualTimers } from "../../../support/timers.js";
import { API, marathonWith, web } from "../../catalog/support.js";
import { API_KEY, Followed, WEB_KEY } from "../catalog/support.js";

const SERVICES: Topic = { kind: "services" };
const NODES: Topic = { kind: "nodes" };
const WEB: Topic = { kind: "service", key: WEB_KEY };
const APP: Topic = { kind: "service", key: API_KEY };
const NEW: Topic = { kind: "service", key: { framework: "marathon", name: "new" } };

function setUp(limits = { all: 10, perAddress: 3 }) {
  const followed = new Followed();
  const timers = new ManualTimers();
  const laterWork: (() => void)[] = [];
  const waiters = new Waiters({
    board: followed.board,
    timers,
    later: (work) => laterWork.push(work),
    isShared: (address) => address === "proxy",
    limits,
  });
  const woken: string[] = [];
  const wait = (name: string, topic: Topic, more: { above?: number; waitMs?: number; address?: string } = {}) =>
    waiters.add({
      topic,
      above: followed.board.indexOf(topic),
      waitMs: 30_000,
      address: "192.0.2.7",
      answer: () => woken.push(name),
      ...more,
    });
  return { followed, timers, waiters, woken, wait, laterWork };
}

describe("a waiting request", () => {
  it.each<[string, Json, string]>([
    ["a change of web", marathonWith(web(1), API), "all web"],
    ["the end of web", marathonWith(API), "all web"],
    ["a change of api", marathonWith(web(1), web(2), { ...API, labels: [{ key: "a", value: "b" }] }), "all api"],
    ["a new service", marathonWith(web(1), web(2), API, task("new", { agent: "S0" })), "all new"],
    ["an agent's attributes", { ...marathonWith(web(1), web(2), API), slaves: [...withAttributes()] }, "nodes"],
    ["nothing at all", marathonWith(API, web(2), web(1)), ""],
  ])("is woken by %s only if it waits for that", (_, state, expected) => {
    const { followed, woken, wait } = setUp({ all: 10, perAddress: 10 });
    wait("all", SERVICES);
    wait("nodes", NODES);
    wait("web", WEB);
    wait("api", APP);
    wait("new", NEW);
    followed.update(state);
    expect(woken.toSorted().join(" ")).toBe(expected);
  });

  function withAttributes(): Json[] {
    const [S0, S1] = marathonWith().slaves as [Json, Json];
    return [{ ...S0, attributes: { rack: "a" } }, S1];
  }

  it("is answered once, when its time is over", async () => {
    const { followed, timers, woken, wait, waiters } = setUp();
    wait("web", WEB);
    await timers.advance(29_999);
    expect(woken).toEqual([]);
    await timers.advance(1);
    followed.update(marathonWith(API));
    expect(woken).toEqual(["web"]);
    expect([waiters.size, timers.pending]).toEqual([0, 0]);
  });

  it("with an index that is ahead of all changes is not woken by a lower one", async () => {
    const { followed, timers, woken, wait } = setUp();
    wait("web", WEB, { above: followed.board.index + 10_000_000 });
    followed.update(marathonWith(web(1), API));
    expect(woken).toEqual([]);
    await timers.advance(30_000);
    expect(woken).toEqual(["web"]);
  });

  it("is forgotten when it leaves", () => {
    const { followed, timers, woken, wait, waiters } = setUp();
    wait("web", WEB)();
    followed.update(marathonWith(API));
    expect([woken, waiters.size, timers.pending]).toEqual([[], 0, 0]);
  });

  it("is answered when the catalogue is turned off", () => {
    const { followed, woken, wait } = setUp();
    wait("web", WEB);
    followed.board.configure(false);
    expect(woken).toEqual(["web"]);
  });
});

describe("many waiting requests", () => {
  it("are answered a few at a time, in separate turns of the event loop", () => {
    const { followed, woken, wait, laterWork } = setUp({ all: 1_000, perAddress: 1_000 });
    for (let i = 0; i < 150; i++) wait(`${i}`, WEB);
    followed.update(marathonWith(API));
    expect(woken).toHaveLength(64);
    laterWork.shift()?.();
    expect(woken).toHaveLength(128);
    laterWork.shift()?.();
    expect([woken.length, laterWork.length]).toEqual([150, 0]);
  });

  it("that are woken while others are being answered have their turn after them", () => {
    const { followed, woken, wait, laterWork } = setUp({ all: 1_000, perAddress: 1_000 });
    for (let i = 0; i < 100; i++) wait("web", WEB);
    for (let i = 0; i < 100; i++) wait("api", APP);
    followed.update(marathonWith(API));
    followed.update(marathonWith(web(1)));
    expect([woken.length, laterWork.length]).toEqual([64, 1]);
    while (laterWork.length > 0) laterWork.shift()?.();
    expect(woken.indexOf("api")).toBe(100);
    expect(woken).toHaveLength(200);
  });

  it("are limited in number, per address and in total, except for a proxy's address", () => {
    const { wait, waiters } = setUp({ all: 5, perAddress: 2 });
    const leave = wait("1", WEB);
    wait("2", WEB);
    expect(waiters.refusal("192.0.2.7")).toMatch(/^2 requests of 192\.0\.2\.7 wait for news/);
    expect(waiters.refusal("192.0.2.8")).toBeUndefined();
    leave();
    expect(waiters.refusal("192.0.2.7")).toBeUndefined();
    for (const name of ["3", "4", "5", "6"]) {
      expect(waiters.refusal("proxy")).toBeUndefined();
      wait(name, WEB, { address: "proxy" });
    }
    expect(waiters.refusal("proxy")).toMatch(/^5 requests wait for news/);
  });

  it("are all answered when the server stops, and later ones at once", () => {
    const { woken, wait, waiters, timers } = setUp({ all: 1_000, perAddress: 1_000 });
    for (let i = 0; i < 200; i++) wait(`${i}`, i % 2 === 0 ? WEB : SERVICES);
    waiters.close();
    expect([woken.length, waiters.size, timers.pending]).toEqual([200, 0, 0]);
    wait("late", WEB);
    expect(woken.at(-1)).toBe("late");
  });
});
