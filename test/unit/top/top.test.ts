import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topLines } from "../../../src/cli/top-text.js";
import { Minute, type Told } from "../../../src/top/minute.js";
import { Tally } from "../../../src/top/tally.js";

const told = (changes: Partial<Told> = {}): Told => ({
  name: "web.marathon.mesos.",
  client: "192.0.2.7",
  type: "A",
  rcode: "NOERROR",
  zone: "local",
  transport: "udp",
  ...changes,
});

describe("a tally", () => {
  it("counts what comes often, however many others come once, in bounded memory", () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 64 }), fc.integer({ min: 1, max: 500 }), (max, others) => {
        const tally = new Tally(max);
        for (let i = 0; i < others; i++) {
          tally.add("often");
          tally.add(`once ${i}`);
        }
        expect(tally.most(max + 1).length).toBeLessThanOrEqual(max);
        expect(tally.total).toBe(2 * others);
        expect(tally.most(others > 1 ? 1 : 2)).toContainEqual({ key: "often", count: others });
      }),
    );
  });

  it("is added to another with all that it has counted", () => {
    const [all, part] = [new Tally(4), new Tally(4)];
    for (let i = 0; i < 20; i++) part.add(`name ${i}`);
    all.addAll(part);
    expect(all.total).toBe(20);
  });
});

describe("a minute", () => {
  it("counts what is asked, and forgets it after a minute", () => {
    const minute = new Minute(0);
    minute.add(told(), 0);
    minute.add(told({ name: "api.marathon.mesos.", type: "SRV" }), 20_000);
    minute.add(told({ client: "192.0.2.8", rcode: "NXDOMAIN" }), 59_000);
    const report = minute.report(59_000, 1, 0);
    expect(report).toMatchObject({ seconds: 59, queries: 3, missed: 0 });
    expect(report.top.name).toEqual([{ key: "web.marathon.mesos.", count: 2 }]);
    expect(minute.report(61_000, 5, 0)).toMatchObject({ seconds: 51, queries: 2 });
    expect(minute.report(200_000, 5, 0)).toMatchObject({ seconds: 60, queries: 0 });
  });

  it("tells the rate of what comes evenly, at any time", () => {
    const minute = new Minute(0);
    for (let now = 0; now < 150_000; now += 100) {
      minute.add(told(), now);
      const { queries, seconds } = minute.report(now, 1, 0);
      if (now > 20_000) expect(Math.abs(queries / seconds - 10)).toBeLessThan(0.3);
    }
  });

  it("divides what came after a pause by the whole minute", () => {
    const minute = new Minute(0);
    minute.add(told(), 0);
    minute.add(told(), 100_000);
    expect(minute.report(100_000, 1, 0)).toMatchObject({ seconds: 60, queries: 1 });
  });

  it("is shown in as many lines and columns as there are", () => {
    const minute = new Minute(0);
    for (let i = 0; i < 1_000; i++)
      minute.add(told({ name: `service-${i % 300}.with-a-long-name.marathon.mesos.` }), i);
    for (const size of [
      { rows: 24, columns: 80 },
      { rows: 6, columns: 40 },
      { rows: 200, columns: 300 },
    ]) {
      const lines = topLines(minute.report(1_000, 100, 7), size);
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(size.columns);
      expect(lines[1]).toBe("types       A 100%");
    }
    expect(topLines(new Minute(0).report(5_000, 10, 0), { rows: 24, columns: 80 })[0]).toBe(
      "0.0 queries a second for 5 s: 0 in all",
    );
  });
});
