import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE, lineOf, Needle, RANKS } from "../../../src/console/needle.js";

/** The numbers and ranks of the lines that match. */
function search(text: string, lines: readonly string[]): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  const all = lines.map((line) => line + LINE).join("");
  new Needle(text).search(all, (start, end, rank) => {
    const line = all.slice(0, start).split(LINE).length - 1;
    expect(all.slice(start, end)).toBe(lines[line]);
    found.push([line, rank]);
    return true;
  });
  return found;
}

describe("a needle", () => {
  it("finds the lines that have it anywhere, whatever its letter case", () => {
    expect(search("eB", [lineOf(["Web", "x"]), lineOf(["api"]), lineOf(["y", "deb"])]).map(([line]) => line)).toEqual([
      0, 2,
    ]);
  });

  it("ranks a whole field before the beginning of one, that before the beginning of a word, and that before the rest", () => {
    const lines = [lineOf(["cobweb"]), lineOf(["a", "web"]), lineOf(["my-web"]), lineOf(["website"])];
    expect(search("web", lines)).toEqual([
      [0, RANKS.inside],
      [1, RANKS.exact],
      [2, RANKS.part],
      [3, RANKS.start],
    ]);
  });

  it("wants all of its words, in any order", () => {
    const lines = [lineOf(["web", "marathon"]), lineOf(["web", "chronos"]), lineOf(["marathon", "webs"])];
    expect(search("marathon web", lines).map(([line]) => line)).toEqual([0, 2]);
  });

  it("ranks by the word that comes first", () => {
    const lines = [lineOf(["web-7", "marathon"]), lineOf(["web", "marathon"])];
    expect(search("web marathon", lines)).toEqual([
      [0, RANKS.start],
      [1, RANKS.exact],
    ]);
  });

  it("stops when it is told to", () => {
    let lines = 0;
    new Needle("a").search("a\na\na\n", () => ++lines < 2);
    expect(lines).toBe(2);
  });

  it("is empty without a word", () => {
    expect([new Needle("").isEmpty, new Needle("  \t ").isEmpty, new Needle("a").isEmpty]).toEqual([true, true, false]);
  });

  it("takes no field for the end of another one, and no line for a field", () => {
    expect(search("bc", [lineOf(["ab", "cd"]), lineOf(["b"]), lineOf(["c"])])).toEqual([]);
  });

  it("finds what a comparison of every line finds", () => {
    const text = fc.stringMatching(/^[ab.]{0,4}$/);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), fc.stringMatching(/^[ab.]{1,3}$/), (fields, word) => {
        const lines = fields.map((field) => lineOf([field]));
        const expected = lines.flatMap((line, i) => (line.includes(word) ? [i] : []));
        expect(search(word, lines).map(([line]) => line)).toEqual(expected);
      }),
    );
  });
});
