import { describe, expect, it } from "vitest";
import { type CatalogPiece, PIECE_CHARS } from "../../../src/catalog/pieces.js";
import { CatalogBoard } from "../../../src/http/catalog/board.js";
import { readMasterState } from "../../../src/sources/mesos/state.js";
import { CatalogPublisher } from "../../../src/threads/catalog-publisher.js";
import type { Json } from "../../support/json.js";
import { stateOf, task } from "../../support/scripted-master.js";
import { API, clusterOf, FULL, marathonWith, web } from "../catalog/support.js";
import { bytes, MASTER } from "../sources/mesos/reading.js";

function setUp(isKept = true) {
  const sent: CatalogPiece[] = [];
  const warned: unknown[][] = [];
  const board = new CatalogBoard(true);
  const publisher = new CatalogPublisher({
    send: (piece) => sent.push(piece),
    wallClock: () => 1_700_000_000_000,
    above: 0,
    log: { warn: (...line: unknown[]) => void warned.push(line) },
  });
  publisher.configure(isKept);
  const follow = (state: Json, fetched = true) => publisher.follow(clusterOf(state), fetched, (host) => [host]);
  const taken = () => {
    const piece = sent.at(-1);
    if (piece) board.take(structuredClone(piece));
    publisher.taken();
  };
  /** Takes all pieces. @returns their number */
  const takeAll = () => {
    for (let before = -1; before !== sent.length; taken()) before = sent.length;
    return sent.length;
  };
  const instances = (name: string) => {
    const body = board.rendering({ kind: "service", key: { framework: "marathon", name } })?.body;
    return body && JSON.parse(body.toString()).instances.length;
  };
  return { publisher, board, sent, warned, follow, taken, takeAll, instances };
}

describe("the catalogue's publisher", () => {
  it("sends nothing while no catalogue is kept", () => {
    const { follow, sent } = setUp(false);
    follow(FULL);
    expect(sent).toEqual([]);
  });

  it("begins with a fetched state that has the catalogue's facts", () => {
    const { follow, sent, publisher } = setUp();
    follow(FULL, false);
    publisher.follow(readMasterState(bytes(stateOf(MASTER, FULL))).cluster, true, (host) => [host]);
    expect(sent).toEqual([]);
    follow(FULL);
    expect(sent).toMatchObject([{ isFirst: true, end: { counts: { services: 2, instances: 3 } } }]);
  });

  it("sends what has changed, and nothing if nothing has", () => {
    const { follow, sent, taken } = setUp();
    follow(FULL);
    taken();
    follow(FULL);
    expect(sent).toHaveLength(1);
    follow(marathonWith(web(1), API), false);
    expect(sent[1]).toMatchObject({ isFirst: false, services: [{ name: "web", instances: 1 }], nodes: [], gone: [] });
  });

  it("sends pieces of limited size, each after the one before has been taken", () => {
    const { follow, sent, taken, takeAll, instances } = setUp();
    const label = { key: "large", value: "x".repeat(10_000) };
    follow(marathonWith(...Array.from({ length: 100 }, (_, i) => web(i, { labels: [label] }))));
    expect(sent).toHaveLength(1);
    taken();
    expect(sent).toHaveLength(2);
    expect(takeAll()).toBeGreaterThan(7);
    for (const { services } of sent) {
      const size = services.reduce((sum, { text }) => sum + text.length, 0);
      expect(size).toBeLessThan(PIECE_CHARS + 20_000);
    }
    expect(instances("web")).toBe(100);
  });

  it("combines changes that occur meanwhile, of which the last one counts", () => {
    const { follow, sent, takeAll, instances } = setUp();
    follow(FULL);
    follow(marathonWith(API));
    follow(marathonWith(web(1), API));
    follow(marathonWith(web(1)));
    follow(marathonWith(web(1), web(2), web(3)));
    expect(takeAll()).toBe(2);
    expect(sent[1]).toMatchObject({ services: [{ name: "web" }], gone: [{ name: "api" }] });
    expect([instances("web"), instances("api")]).toEqual([3, undefined]);
  });

  it("does not send a service that was added and removed meanwhile", () => {
    const { follow, sent, takeAll, instances } = setUp();
    follow(FULL);
    follow(marathonWith(web(1), web(2), API, task("other", { agent: "S0" })));
    follow(FULL);
    takeAll();
    expect(sent[1]).toMatchObject({ services: [], gone: [{ name: "other" }] });
    expect(instances("other")).toBeUndefined();
  });

  it("begins anew with larger indexes when it has been turned off and on", () => {
    const { follow, sent, takeAll, publisher } = setUp();
    follow(FULL);
    takeAll();
    const before = sent[0]?.end?.index ?? 0;
    publisher.configure(false);
    publisher.configure(true);
    follow(FULL);
    expect(sent[1]?.isFirst).toBe(true);
    expect(sent[1]?.end?.index).toBeGreaterThan(before);
  });

  it("logs once that a part of a service is left out", () => {
    const { follow, warned } = setUp();
    const bad = web(1, { labels: [7] });
    follow(marathonWith(bad, API));
    follow(marathonWith(bad, web(2), API));
    expect(warned).toEqual([
      [
        { framework: "marathon", service: "web", dropped: 1 },
        "left out of the catalogue: labels, ports or addresses of a service",
      ],
    ]);
  });
});
