import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeName } from "../../../src/wire/names.js";
import { NameTable } from "../../../src/zone/name-table.js";
import { SEED } from "../../support/zone.js";

const textOf = (names: NameTable, number: number) => decodeName(names.octets, (names.at[number] as number) * 4);

/** Names of few labels, so that they begin and end alike. */
const name = fc
  .array(fc.constantFrom("a", "b", "aa", "ab", "tasks", "_tcp", "x".repeat(40)), { minLength: 1, maxLength: 5 })
  .map((labels) => labels.join("."));

describe("a table of names", () => {
  test("gives each name one number, however it is asked for, and the name of that number back", () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), fc.boolean(), (list, isCleared) => {
        const names = new NameTable(SEED);
        if (isCleared) {
          for (const text of list.toReversed()) names.internParent(names.intern(text));
          names.clear();
        }
        const numbers = new Map<string, number>();
        const check = (text: string, number: number) => {
          expect(textOf(names, number)).toBe(text === "" ? "." : `${text}.`);
          expect(numbers.get(text) ?? number).toBe(number);
          numbers.set(text, number);
        };
        for (const text of list) {
          const number = names.intern(text);
          check(text, number);
          check(text.split(".").slice(1).join("."), names.internParent(number));
        }
        expect(new Set(numbers.values()).size).toBe(names.count);
      }),
    );
  });

  test("keeps all of many names, with and without room made for them", () => {
    for (const room of [0, 50_000]) {
      const names = new NameTable(SEED);
      const texts = Array.from({ length: 20_000 }, (_, i) => `task-${i}.${i % 300}.marathon.mesos`);
      for (const text of texts.slice(0, 1_000)) names.intern(text);
      if (room > 0) names.reserve(room);
      const numbers = texts.map((text) => names.intern(text));
      expect(numbers.map((number) => textOf(names, number))).toEqual(texts.map((text) => `${text}.`));
      expect(texts.map((text) => names.intern(text))).toEqual(numbers);
    }
  });
});
