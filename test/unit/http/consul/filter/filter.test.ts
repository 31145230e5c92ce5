import { describe, expect, test } from "vitest";
import { testOf } from "../../../../../src/http/consul/filter/evaluate.js";
import { FilterError } from "../../../../../src/http/consul/filter/lexer.js";
import { parseFilter } from "../../../../../src/http/consul/filter/parser.js";
import { patternOf } from "../../../../../src/http/consul/filter/pattern.js";

const WEB = {
  Node: { Node: "agent-1", Meta: { rack: "r1", "a.b": "c", toString: "no function" } },
  Service: { Service: "web", Tags: ["rest", "v1"], Port: 31000, Meta: {}, Address: "192.0.2.1" },
  Checks: [{ Status: "passing" }, { Status: "critical" }],
};
const passes = (filter: string) => testOf(parseFilter(filter))(WEB);

describe("a filter", () => {
  test.each([
    ["Service.Service == web", true],
    ['Service.Service=="web"', true],
    ["Service.Service == `web`", true],
    ["Service.Service != web", false],
    ["Service.Port == 31000", true],
    ['Node.Meta.rack == "r1"', true],
    ['Node.Meta["a.b"] == c', true],
    ["Node.Meta.zone == z", false],
    ["Node.Meta.zone != z", true],
    ["Node.Meta == r1", false],
    ["Node.Meta != r1", true],
    ["rest in Service.Tags", true],
    ['"v2" in Service.Tags', false],
    ["v2 not in Service.Tags", true],
    ["Service.Tags contains rest", true],
    ["Service.Tags not contains rest", false],
    ["rack in Node.Meta", true],
    ["Service.Meta is empty", true],
    ["Service.Tags is not empty", true],
    ["Service.Address matches `^192[.]0[.]2[.]`", true],
    ["Service.Address not matches `^10[.]`", true],
    ["Checks.Status == critical", true],
    ["Checks.Status != critical", true],
    ["Checks.Status == warning", false],
    ["not Service.Service == web", false],
    ["Service.Service == web and not (v2 in Service.Tags or Service.Port == 1)", true],
    ["Service.Service == api or Service.Service == web and Service.Port == 31000", true],
    ["Service.constructor == x", false],
  ])("%s is %s", (filter, expected) => {
    expect(passes(filter)).toBe(expected);
  });

  test.each([
    "bad",
    "",
    "Service.Service ==",
    "Service.Service == web and",
    "(Service.Service == web",
    "Service.Service == web)",
    "Service.Service == web x",
    'Service.Service == "web',
    'Node.Meta["a == b',
    "Service.Service = web",
    "Service.Tags is",
    "Service.Address matches `(`",
    "Service.Address matches `a**b`x",
    `${"(".repeat(40)}a == b${")".repeat(40)}`,
    "not ".repeat(100),
    "a == b or ".repeat(1_000),
  ])("is refused with words that say why: %s", (filter) => {
    expect(() => passes(filter)).toThrow(FilterError);
  });
});

describe("a pattern", () => {
  test.each([
    ["abc", "xabcx", true],
    ["^abc$", "xabc", false],
    ["a.c", "abc", true],
    ["a.c", "a\nc", false],
    ["a*b+c?", "bb", true],
    ["^(ab|c)*$", "abcab", true],
    ["^(ab|c)*$", "abca", false],
    ["^[a-c0]{2,3}$", "b0", true],
    ["^[a-c0]{2,3}$", "b0aa", false],
    ["^[^a-c]+$", "xyz", true],
    ["^x{3}$", "xxx", true],
    ["^x{2,}$", "x", false],
    ["\\d\\.\\w", "1.a", true],
    ["^(?:a?){20}a{20}$", "a".repeat(20), true],
    ["[]a]", "]", true],
    ["", "anything", true],
  ])("%s in %j is %s", (pattern, text, expected) => {
    expect(patternOf(pattern)(text)).toBe(expected);
  });

  test("that makes other programs go on for ever is answered at once, or refused", () => {
    const started = performance.now();
    expect(patternOf("^(a+)+$")(`${"a".repeat(1_000)}b`)).toBe(false);
    const costly = patternOf(`^${"(a|a)*".repeat(60)}$`);
    expect(() => {
      for (let i = 0; i < 200; i++) costly(`${"a".repeat(1_000)}b`);
    }).toThrow(FilterError);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test.each(["(", ")", "[a", "a{200}", "a{3,2}", "*a", "\\", "\\p", "(?=a)", "((((a{99}){99}){99}){99})"])(
    "that is none is refused: %s",
    (pattern) => {
      expect(() => patternOf(pattern)).toThrow(FilterError);
    },
  );

  test("finds what JavaScript's own finds", () => {
    const parts = ["a", "b", ".", "[ab]", "(a|b)", "a*", "b+", "a?", "^", "$", "(ab)*", "\\w"];
    const texts = ["", "a", "b", "ab", "ba", "aab", "abab", "x", "bx", "\n"];
    for (const first of parts)
      for (const second of parts)
        for (const third of parts)
          for (const text of texts) {
            const pattern = first + second + third;
            expect([pattern, text, patternOf(pattern)(text)]).toEqual([pattern, text, new RegExp(pattern).test(text)]);
          }
  });
});
