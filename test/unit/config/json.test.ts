import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findSyntaxFault } from "../../../src/config/json.js";

describe("a syntax fault", () => {
  test.each([
    ["", 1, 1, "the end of the file where a value was expected"],
    ['{\n  "a": 1\n', 3, 1, 'the end of the file where "," or "}" was expected'],
    ['{"a": 1,}', 1, 9, '"}" where a quoted key was expected'],
    ["[1,]", 1, 4, '"]" where a value was expected'],
    ['{"a" 1}', 1, 6, '"1" where ":" was expected'],
    ['{"a": tru}', 1, 7, '"t" where a value was expected'],
    ['{"a": 1 "b": 2}', 1, 9, 'a string where "," or "}" was expected'],
    ['{"a": "x\n"}', 1, 7, "a malformed or unfinished string where a value was expected"],
    ["{a: 1}", 1, 2, '"a" where a quoted key or "}" was expected'],
    ["{} x", 1, 4, '"x" where nothing more was expected'],
    ["[1 2]", 1, 4, '"2" where "," or "]" was expected'],
    ["[\r\n  // why\r\n]", 2, 3, '"/" where a value or "]" was expected'],
    ["\ufeff{}", 1, 1, "the character U+FEFF where a value was expected"],
    ["[01]", 1, 3, '"1" where "," or "]" was expected'],
  ])("of %j is at line %i, column %i", (text, line, column, problem) => {
    expect(findSyntaxFault(text)).toEqual({ line, column, problem });
  });

  test("is found where JSON.parse finds one, and nowhere else", () => {
    const fragments = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\u00e9"',
      '"\\x"',
      "1",
      "-0.5e3",
      "01",
      "true",
      "nul",
      " ",
      "é",
    ];
    const almostJson = fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          almostJson,
          fc.string({ unit: "binary" }).map((s) => `"${s}"`),
        ),
        (text) => {
          expect(findSyntaxFault(text) === undefined).toBe(isJson(text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("is found in strings of any length", () => {
    expect(findSyntaxFault(`"${"é\\n".repeat(1_000_000)}"`)).toBeUndefined();
  });

  test("is found in nesting of any depth", () => {
    expect(findSyntaxFault("[".repeat(200_000))).toMatchObject({ line: 1, column: 200_001 });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
