import { expect, test } from "vitest";
import { oddWord } from "../../../../src/lb/marathon-lb/odd-words.js";
import { web } from "../haproxy/support.js";
import { servicesIn } from "../support.js";

test.each([
  ["127.0.0.1:23000,127.0.0.1", "BIND_ADDR has several addresses, and lb.allowTemplates does not let it"],
  ["*:23000,*", "BIND_ADDR has several addresses, and lb.allowTemplates does not let it"],
  ["127.0.0.1 ssl", "BIND_ADDR has characters in it that are no part of a word, and lb.allowTemplates does not let it"],
  ["127.0.0.1", undefined],
  ["*", undefined],
])("an address %j is more than one word: %s", (address, why) => {
  const { services } = servicesIn([web("/web", 10_000, { HAPROXY_0_BIND_ADDR: address })], { allowsTemplates: false });
  expect(services.map(oddWord)).toEqual([why]);
});
