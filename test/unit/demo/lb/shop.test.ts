import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DemoShop } from "../../../../src/demo/lb/shop.js";
import { figuresText } from "../../../../src/demo/lb/texts.js";
import { Visitors } from "../../../../src/demo/lb/visitors.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";

let shop: DemoShop;

beforeEach(async () => {
  shop = await DemoShop.start(10_000);
});
afterEach(() => shop.end());

const hello = async ({ host, port }: { host: string; port: number }) =>
  (await fetch(`http://${host}:${port}/`, { headers: { connection: "close" } })).text();

describe("the demonstration's app", () => {
  it("has tasks that answer, as many as Marathon is to say", async () => {
    const counts: number[] = [];
    const changes: string[] = [];
    for (let i = 0; i < 7; i++) {
      changes.push(await shop.change());
      for (const task of shop.tasks) expect(await hello(task)).toBe(`${task.id} says hello from ${task.host}\n`);
      const { apps, leftOut } = readApps({ apps: [shop.asMarathonTells()] });
      expect(leftOut).toEqual([]);
      expect(apps[0]?.tasks.map(({ id }) => id)).toEqual(shop.tasks.map(({ id }) => id));
      counts.push(apps[0]?.tasks.length ?? 0);
    }
    expect(counts).toEqual([4, 4, 3, 3, 5, 5, 2]);
    expect(changes[0]).toBe("/shop/web is scaled from 2 tasks to 4");
    expect(changes[1]).toBe("a task of /shop/web moves from 127.12.0.1 to 127.12.0.2");
  });

  it("goes on answering for a while where it was, as requests may be on their way", async () => {
    const [first] = shop.tasks;
    if (!first) throw new Error("no task");
    await shop.change();
    await shop.change();
    expect(shop.tasks).not.toContain(first);
    expect(await hello(first)).toContain(first.id);
    shop.end();
    await expect(hello(first)).rejects.toThrow("fetch failed");
  });
});

describe("clients of it", () => {
  it("count who answers and who does not, and say why", async () => {
    const reasons: string[] = [];
    const visitors = new Visitors([{ port: 1, headers: {} }], (reason) => reasons.push(reason));
    visitors.start();
    while (reasons.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await visitors.end();
    const { answered, failed, tasks } = visitors.figures;
    expect({ answered, tasks, hasFailed: failed > 0 }).toEqual({ answered: 0, tasks: 0, hasFailed: true });
    expect(reasons[0]).toBe("connect ECONNREFUSED 127.0.0.1:1");
  });

  it("are told of in one line", () => {
    expect(figuresText({ answered: 556, failed: 0, tasks: 11, reloads: 0 })).toBe(
      "556 requests answered by 11 tasks, 0 failed, 0 reloads",
    );
  });
});
