import { expect, test } from "vitest";
import { afterSteps } from "../../../src/vip-node/believed.js";
import type { Actual } from "../../../src/vip-node/model.js";
import { VipNode } from "../../../src/vip-node/node.js";
import type { Step } from "../../../src/vip-node/plan.js";
import type { DataPlane } from "../../../src/vip-node/plane.js";
import type { TableEntry } from "../../../src/vip-node/table.js";
import type { TableListener } from "../../../src/vip-node/table-source.js";
import { ManualTimers, settle } from "../../support/timers.js";

const entry = (port: number): TableEntry => ({
  vip: `web.example:${port}`,
  address: "11.0.0.1",
  protocol: "tcp",
  backend: [{ ip: "192.0.2.1", port: 80, weight: 1, agent: "192.0.2.1" }],
});

/** A node whose plane is memory and whose table a test gives it. */
async function setUp() {
  const timers = new ManualTimers();
  const lines: string[] = [];
  const line = (...words: unknown[]) => void lines.push(String(words.at(-1)));
  const carried: { actual: Actual } = { actual: [] };
  const plane: DataPlane = {
    name: "haproxy",
    territory: "memory",
    keepsDrained: true,
    mapsLocally: false,
    changesServicesLater: false,
    start: async () => undefined,
    stop: async () => undefined,
    clear: async () => undefined,
    read: async () => carried.actual,
    look: async () => carried.actual,
    refusal: async () => undefined,
    apply: async (steps: readonly Step[]) => {
      carried.actual = afterSteps(carried.actual, steps, true);
      return [];
    },
  };
  let listener: TableListener | undefined;
  const node = new VipNode({
    plane,
    source: (given) => {
      listener = given;
      return { start: () => undefined, stop: async () => undefined };
    },
    timers,
    wallClock: () => timers.now(),
    log: { info: line, warn: line, debug: () => undefined },
    traits: () => ({ ownAddresses: new Set(), mapsLocally: false }),
    lingerMs: 1_000,
    drainMs: 0,
  });
  await node.start();
  const tell = async (...entries: readonly TableEntry[]) => {
    const table = new Map(entries.map((each) => [each.vip, each]));
    listener?.onNews({ table, at: undefined, from: "http://192.0.2.53:8123" });
    await settle();
    await timers.advance(5_000);
  };
  const lose = (reason: string) => listener?.onTrouble(reason);
  const ports = () => carried.actual.map(({ port }) => port);
  return { node, timers, lines, tell, lose, ports, carried };
}

const HELD = expect.stringMatching(
  /^the new table is empty, which is not believed: what there is stays; .*stop this, `mesos-dns vips clear`, and start/,
);

test("a table that is empty after one that was not is not believed, which is said once, and the next one is", async () => {
  const { node, tell, lines, ports } = await setUp();
  await tell(entry(1), entry(2));
  await tell();
  await tell();
  expect(ports()).toEqual([1, 2]);
  expect(node.report.source.held).toEqual(HELD);
  expect(lines).toEqual([HELD]);
  await tell(entry(2));
  expect(ports()).toEqual([2]);
  expect(node.report.source.held).toBeUndefined();
  await tell();
  expect(lines).toEqual([HELD, "the table is not empty any more, and counts again", HELD]);
});

test("an empty table at the start takes nothing away of what stands", async () => {
  const { node, tell, ports, carried } = await setUp();
  carried.actual = [{ address: "11.0.0.1", port: 9, protocol: "tcp", isOpen: true, targets: [] }];
  await tell();
  expect(ports()).toEqual([9]);
  expect(node.report.source.held).toBeUndefined();
});

test("a table that cannot be followed stays in service, each reason is said once, and its age grows", async () => {
  const { node, tell, lose, lines, ports, timers } = await setUp();
  await tell(entry(1));
  const lostAt = timers.now();
  lose("refused");
  lose("refused");
  lose("silent");
  await timers.advance(600_000);
  expect(ports()).toEqual([1]);
  expect(node.report.source).toMatchObject({ currentAt: lostAt, trouble: "silent" });
  expect(lines).toEqual(Array.from({ length: 2 }, () => "the table is not followed: the last one stays in service"));
  await tell(entry(1));
  expect(lines.at(-1)).toBe("following the table again");
  expect(node.report.source).toMatchObject({ currentAt: timers.now(), trouble: undefined });
});
