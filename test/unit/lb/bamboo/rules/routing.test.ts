import { expect, test } from "vitest";
import { overlapsIn, routeOf } from "../../../../../src/lb/bamboo/rules/routing.js";
import { readRule } from "../../../../../src/lb/bamboo/rules/rule.js";

const RULES = [
  readRule("/z", "path_beg -i /Shop"),
  readRule("/b", "hdr_dom(host) -i b.example"),
  readRule("/c", "src 192.0.2.0/24"),
  readRule("/a", "hdr(host) -i a.example.com"),
  readRule("/d", "path /exact"),
  readRule("/e", "path_end .png"),
];

test.each([
  ["a.example.com", "/shop", "/a", []],
  ["www.b.example.com", "/", "/b", []],
  ["ab.example.com", "/SHOP/x", "/z", ["/c"]],
  ["", "/exact", "/d", ["/c"]],
  ["", "/exact/x", undefined, ["/c"]],
  ["", "/x.png", "/e", ["/c"]],
])("a request for %s and %s goes to the first whose rule it meets", (host, path, id, unclear) => {
  expect(routeOf(RULES, { host, path })).toEqual({ id, unclear });
});

test("rules that overlap are told, both", () => {
  const rules = new Map(
    [readRule("/a", "path_beg /"), readRule("/b", "path_beg /b"), ...RULES.slice(2, 3)].map((rule) => [rule.id, rule]),
  );
  expect(Object.fromEntries(overlapsIn(rules))).toEqual({
    "/a": "it would take every request that the rule of /b is for",
    "/b": "the rule of /a takes every request that it is for",
    "/c": "the rule of /a takes every request that it is for",
  });
});
