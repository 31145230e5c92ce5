import { constants } from "node:buffer";
import { describe, expect, it } from "vitest";
import { PIECE_CHARS } from "../../../../src/catalog/pieces.js";
import { CatalogBoard, type Topic, topicKey } from "../../../../src/http/catalog/board.js";
import type { Json } from "../../../support/json.js";
import { task } from "../../../support/scripted-master.js";
import { API, FULL, marathonWith, web } from "../../catalog/support.js";
import { API_KEY, Followed, WEB_KEY } from "./support.js";

const SERVICES: Topic = { kind: "services" };
const NODES: Topic = { kind: "nodes" };
const WEB: Topic = { kind: "service", key: WEB_KEY };
const APP: Topic = { kind: "service", key: API_KEY };
const json = (board: CatalogBoard, topic: Topic): Json | undefined => {
  const octets = board.rendering(topic)?.body;
  return octets && JSON.parse(octets.toString());
};

describe("the board", () => {
  it("lists services by framework and name, each with its index and counts", () => {
    const { board, catalog } = new Followed();
    const { index } = catalog;
    expect(json(board, SERVICES)).toEqual({
      index,
      services: [
        { framework: "marathon", name: "api", index, instances: 1, healthy: 1 },
        { framework: "marathon", name: "web", index, instances: 2, healthy: 2 },
      ],
    });
    expect(json(board, NODES)).toMatchObject({ index, nodes: [{ id: "agents-S0" }, { id: "agents-S1" }] });
    expect(json(board, WEB)).toMatchObject({ index, framework: "marathon", name: "web", instances: { length: 2 } });
    expect(board.counts).toEqual(catalog.counts);
  });

  it("gives answers that are longer than a string can be", () => {
    const board = new CatalogBoard(true);
    const text = "x".repeat(2 ** 24);
    const count = Math.ceil(constants.MAX_STRING_LENGTH / text.length) + 1;
    const counts = { services: 0, instances: 0, nodes: count, droppedFacts: 0, droppedTasks: 0 };
    board.take({
      isFirst: true,
      services: [],
      gone: [],
      nodes: Array.from({ length: count }, (_, i) => ({ id: String(1_000 + i), text })),
      goneNodes: [],
      end: { index: 1, servicesIndex: 1, nodesIndex: 1, counts },
    });
    expect(board.rendering(NODES)?.body.length).toBe('{"index":1,"nodes":[]}'.length + count * (text.length + 1) - 1);
  }, 60_000);

  it("says what a change has touched, and nothing else", () => {
    const followed = new Followed();
    const told: string[] = [];
    followed.board.listen((touched) => told.push(touched === "all" ? "all" : [...touched].toSorted().join(" ")));
    followed.update(marathonWith(web(1), API));
    followed.update({ ...marathonWith(web(1), API), slaves: FULL.slaves });
    followed.update(marathonWith(API));
    followed.update({ ...marathonWith(API), slaves: [] });
    expect(told).toEqual([`${topicKey(WEB)} services`, `${topicKey(WEB)} services`, `nodes ${topicKey(APP)} services`]);
  });

  it("knows the index of a service that is gone, as the catalogue does", () => {
    const followed = new Followed();
    followed.update(marathonWith(API));
    const gone = followed.catalog.index;
    expect(followed.board.rendering(WEB)).toBeUndefined();
    followed.update(marathonWith(API, web(7), task("other", { agent: "S0" })));
    followed.update(marathonWith(API));
    expect(followed.board.indexOf(WEB)).toBeGreaterThan(gone);
    expect(followed.board.indexOf(APP)).toBeLessThan(gone);
  });

  it("makes the octets of an answer once", () => {
    const followed = new Followed();
    const { board } = followed;
    const before = board.rendering(WEB);
    expect(board.rendering(WEB)).toBe(before);
    followed.update(marathonWith(web(1), web(2), task("other", { agent: "S0" })));
    expect(board.rendering(WEB)).toBe(before);
    followed.update(marathonWith(web(1)));
    expect(board.rendering(WEB)).not.toBe(before);
  });

  it("shows a change when all of it is there, however many pieces it takes", () => {
    const value = "x".repeat(16_000);
    const labels = [{ key: "large", value }];
    const many = Array.from({ length: 40 }, (_, i) => web(i, { labels: [...labels, { key: "n", value: String(i) }] }));
    const { board } = new Followed(marathonWith(...many, API));
    expect(board.rendering(WEB)?.body.length).toBeGreaterThan(4 * PIECE_CHARS);
    expect(json(board, WEB)).toMatchObject({ instances: { length: 40 } });
    expect(json(board, SERVICES)).toMatchObject({ services: { length: 2 } });
  });

  it("shows nothing of a change until its last piece is there", () => {
    const board = new CatalogBoard(true);
    const service = { framework: "m", name: "a", index: 1, instances: 0, healthy: 0, ends: true, text: "{}" };
    const part = { isFirst: true, services: [service], gone: [], nodes: [], goneNodes: [], end: undefined };
    board.take(part);
    expect(board.state).toBe("empty");
    const counts = { services: 1, instances: 0, nodes: 0, droppedFacts: 0, droppedTasks: 0 };
    const end = { index: 1, servicesIndex: 1, nodesIndex: 1, counts };
    board.take({ ...part, isFirst: false, services: [], end });
    expect(board.state).toBe("ready");
  });

  it("begins anew with a first piece, and tells everybody", () => {
    const { board } = new Followed();
    const told: unknown[] = [];
    board.listen((touched) => told.push(touched));
    const counts = { services: 0, instances: 0, nodes: 0, droppedFacts: 0, droppedTasks: 0 };
    const end = { index: 9, servicesIndex: 9, nodesIndex: 9, counts };
    board.take({ isFirst: true, services: [], gone: [], nodes: [], goneNodes: [], end });
    expect(told).toEqual(["all"]);
    expect(json(board, SERVICES)).toEqual({ index: 9, services: [] });
    expect(board.rendering(WEB)).toBeUndefined();
  });

  it("forgets all when it is turned off, and takes nothing while it is", () => {
    const followed = new Followed();
    followed.board.configure(false);
    followed.update(marathonWith(web(1)));
    expect([followed.board.state, followed.board.counts]).toEqual(["off", undefined]);
    followed.board.configure(true);
    // What goes on from a catalogue that it does not have is of no use.
    followed.update(marathonWith(web(1), web(2)));
    expect(followed.board.state).toBe("empty");
  });
});
