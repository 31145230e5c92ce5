import { describe, expect, test } from "vitest";
import { largeColumns } from "../../../src/threads/column-memory.js";
import { HUGE_PAGE } from "../../../src/transport/batch/huge-pages.js";
import { compileZones } from "../../../src/zone/compile.js";
import { RecordSet } from "../../../src/zone/record-set.js";
import { addRecords, SEED, zoneContent } from "../../support/zone.js";

describe("memory for columns", () => {
  test("is in huge pages if it is large", () => {
    const sizes: number[] = [];
    const memory = largeColumns(({ length }) => sizes.push(length));
    expect(memory.words(HUGE_PAGE - 1)).toHaveLength(HUGE_PAGE - 1);
    expect([memory.octets(1_000).buffer, memory.words(HUGE_PAGE / 2 - 1).buffer]).toEqual([
      expect.any(SharedArrayBuffer),
      expect.any(SharedArrayBuffer),
    ]);
    memory.octets(2 * HUGE_PAGE);
    expect(sizes).toEqual([4 * HUGE_PAGE - 4, 2 * HUGE_PAGE]);
  });

  test("is as good where there are none, and they are asked for once", () => {
    let asked = 0;
    const memory = largeColumns(() => {
      asked++;
      throw new Error("this is not Linux");
    });
    for (let i = 0; i < 3; i++) expect(memory.words(HUGE_PAGE)).toHaveLength(HUGE_PAGE);
    expect(asked).toBe(1);
  });

  test("is what a zone's records and names are kept in, from the first to the last", () => {
    const arrays = new Set<ArrayBufferLike>();
    const noted = <Column extends Uint8Array | Uint32Array>(column: Column): Column => {
      arrays.add(column.buffer);
      return column;
    };
    const plain = largeColumns(() => undefined);
    const memory = { words: (n: number) => noted(plain.words(n)), octets: (n: number) => noted(plain.octets(n)) };
    const records = new RecordSet("mesos", SEED, memory);
    const lines = Array.from({ length: 6_000 }, (_, i) => `n${i}.mesos AAAA 2001:db8::${i.toString(16)}`);
    addRecords(records, lines);
    const { names, head, cells, addresses } = records;
    for (const column of [names.words, names.at, names.size, names.hash, head, cells, addresses]) {
      expect(arrays).toContain(column.buffer);
    }
    const content = zoneContent(lines);
    const [one, other] = [{ ...content, records }, content].map((zone) => compileZones([zone]).shards);
    expect(one).toEqual(other);
  });
});
