import { expect, test } from "vitest";
import { wordsOf } from "../../../src/cli/lb/words.js";

test.each([
  ["systemctl reload haproxy", ["systemctl", "reload", "haproxy"]],
  [`a 'b c' "d e"f g\\ h`, ["a", "b c", "d ef", "g h"]],
  [`a "\\"x\\"" '' '\\'`, ["a", '"x"', "", "\\"]],
  ["a $(b) `c` ; d", ["a", "$(b)", "`c`", ";", "d"]],
])("the command %j has its words, and no shell", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test.each(["", "  ", "a 'b", 'a "b', "a\\"])("%j is no command", (text) => {
  expect(() => wordsOf(text)).toThrow("is no command");
});
