import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf } from "../../../src/console/needle.js";
import { SortedBlocks } from "../../../src/console/sorted-blocks.js";

interface Row {
  readonly key: number;
  readonly text: string;
}

const blocksOf = () => new SortedBlocks<Row>({ compare: (a, b) => a.key - b.key, line: ({ text }) => lineOf([text]) });
const row = (key: number, text = `row ${key}`): Row => ({ key, text });

describe("sorted blocks", () => {
  it("have their rows in order, each once, however they come and go", () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const blocks = blocksOf();
        const model = new Map<number, Row>();
        for (const [key, isThere] of steps) {
          if (isThere) {
            blocks.put(row(key));
            model.set(key, row(key));
          } else {
            blocks.delete(row(key));
            model.delete(key);
          }
        }
        expect([...blocks].map(({ key }) => key)).toEqual([...model.keys()].sort((a, b) => a - b));
        expect(blocks.size).toBe(model.size);
      }),
    );
  });

  it("stay in order when blocks are divided, and give any part of all", () => {
    const blocks = blocksOf();
    for (let i = 0; i < 5_000; i++) blocks.put(row((i * 7_919) % 5_000));
    expect([...blocks].map(({ key }) => key)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    const { rows, total } = blocks.find({ text: "", offset: 3_000, limit: 3 });
    expect([rows.map(({ key }) => key), total]).toEqual([[3_000, 3_001, 3_002], 5_000]);
    expect(blocks.find({ text: "", offset: 4_999, limit: 3 }).rows).toHaveLength(1);
  });

  it("find what a row says now", () => {
    const blocks = blocksOf();
    for (let i = 0; i < 10; i++) blocks.put(row(i));
    expect(blocks.find({ text: "new", offset: 0, limit: 5 }).total).toBe(0);
    blocks.put(row(4, "new"));
    expect(blocks.find({ text: "new", offset: 0, limit: 5 }).rows).toEqual([row(4, "new")]);
    blocks.delete(row(4));
    expect(blocks.find({ text: "new", offset: 0, limit: 5 }).total).toBe(0);
  });

  it("show the best matches first, and count all", () => {
    const blocks = blocksOf();
    for (const [key, text] of ["cobweb", "web", "webs", "x"].entries()) blocks.put(row(key, text));
    const { rows, total } = blocks.find({ text: "web", offset: 0, limit: 2 });
    expect([rows.map(({ text }) => text), total]).toEqual([["web", "webs"], 3]);
    expect(blocks.find({ text: "web", offset: 2, limit: 2 }).rows.map(({ text }) => text)).toEqual(["cobweb"]);
  });

  it("take only rows that are accepted, with words and without", () => {
    const blocks = blocksOf();
    for (let i = 0; i < 10; i++) blocks.put(row(i));
    const isEven = ({ key }: Row) => key % 2 === 0;
    expect(blocks.find({ text: "", offset: 1, limit: 2 }, isEven)).toEqual({ rows: [row(2), row(4)], total: 5 });
    expect(blocks.find({ text: "row", offset: 1, limit: 2 }, isEven)).toEqual({ rows: [row(2), row(4)], total: 5 });
  });
});
