import { expect, test } from "vitest";
import { criteriaOf } from "../../../../../src/lb/bamboo/rules/criteria.js";
import { overlapOf } from "../../../../../src/lb/bamboo/rules/overlap.js";
import { readRule } from "../../../../../src/lb/bamboo/rules/rule.js";

const criteria = (id: string, acl: string) => criteriaOf(readRule(id, acl));
const hijacks = "it would take every request that the rule of /b is for";
const loses = "the rule of /b takes every request that it is for";

test.each([
  ["path_beg /", "hdr(host) -i b.example.com", hijacks],
  ["path_beg -i /", "anything at all", hijacks],
  ["hdr(host) a.example.com", "path_beg /", loses],
  ["path_beg /sh", "path_beg /shop", hijacks],
  ["path_beg /shop", "path_beg /sh", loses],
  ["path_beg /shop", "path /shop/cart", hijacks],
  ["path /shop", "path_beg /shop", loses],
  ["path_beg -i /SHOP", "path_beg /shop/x", hijacks],
  ["path_beg /shop", "path_beg -i /shop/x", undefined],
  ["path_beg /shop /mail", "path_beg /shop/x /mail/y", hijacks],
  ["path_beg /shop /mail", "path_beg /shop/x /blog", undefined],
  ["path_end .png", "path /a.png", hijacks],
  ["hdr(host) -i a.example.com", "hdr(host) -i  A.example.com", hijacks],
  ["hdr(host) -i a.example.com b.example.com", "hdr(host) -i a.example.com", hijacks],
  ["hdr(host) -i a.example.com", "hdr(host) -i b.example.com", undefined],
  ["hdr_dom(host) -i shop", "hdr(host) -i shop.example.com", hijacks],
  ["hdr_dom(host) -i shop", "hdr(host) -i workshop.example.com", undefined],
  ["hdr_end(host) -i .example.com", "hdr(host) -i a.example.com", hijacks],
  ["hdr_beg(host) -i www.", "hdr(host) -i www.example.com", hijacks],
  ["path_beg /shop", "hdr(host) -i shop.example.com", undefined],
  ["src 192.0.2.0/24", "src 192.0.2.0/24", hijacks],
  ["src 192.0.2.0/24", "src 198.51.100.0/24", undefined],
  ["path_beg -m beg /", "path_beg /x", undefined],
  ["", "", undefined],
])("of '%s' and '%s', the first is told: %s", (own, other, told) => {
  expect(overlapOf(criteria("/a", own), [criteria("/b", other)])).toBe(told);
});

test("a rule is not compared with the app's former one", () => {
  expect(overlapOf(criteria("/a", "path_beg /"), [criteria("/a", "path_beg /a")])).toBeUndefined();
});
