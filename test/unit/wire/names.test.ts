import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeName, encodeName, hashName, toMasterFileName } from "../../../src/wire/names.js";

describe("a name in wire form", () => {
  test("has length octets, labels and the root", () => {
    expect([...encodeName("a.mesos")]).toEqual([1, 97, 5, 109, 101, 115, 111, 115, 0]);
    expect([...encodeName("")]).toEqual([0]);
  });

  test("reads back as it was written", () => {
    const label = fc.string({ minLength: 1, maxLength: 15 }).filter((text) => !text.includes("."));
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        const name = labels.join(".");
        expect(decodeName(encodeName(name), 0)).toBe(`${name}.`);
      }),
    );
  });
});

test("hashes depend on the seed and on every octet", () => {
  const [a, b] = [encodeName("a.mesos"), encodeName("b.mesos")];
  expect(hashName(a, 0, a.length, 1)).not.toBe(hashName(b, 0, b.length, 1));
  expect(hashName(a, 0, a.length, 1)).not.toBe(hashName(a, 0, a.length, 2));
});

describe("a name in a master file", () => {
  test.each([
    ["web.mesos", "web.mesos."],
    ["_web._tcp.mesos", "_web._tcp.mesos."],
    ["two words.mesos", "two\\032words.mesos."],
    ['q"uote.mesos', "q\\034uote.mesos."],
    ["semi;colon.mesos", "semi\\059colon.mesos."],
    ["back\\slash.mesos", "back\\092slash.mesos."],
    ["at@.mesos", "at\\064.mesos."],
    ["ü.mesos", "\\195\\188.mesos."],
    ["nul\0.mesos", "nul\\000.mesos."],
  ])("%j is %s", (name, text) => expect(toMasterFileName(encodeName(name), 0)).toBe(text));
});
