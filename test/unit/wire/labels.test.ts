import { describe, expect, test } from "vitest";
import { agentSuffix, canonicalName, RFC952, RFC1123, toFragment, toLabel } from "../../../src/wire/labels.js";
import { isDnsName } from "../../../src/wire/names.js";

const a = (count: number) => "a".repeat(count);

describe("a label", () => {
  test.each([
    ["search", "search"],
    ["Search", "search"],
    ["my_app.web", "my-app-web"],
    ["Storm!!!", "storm"],
    ["task with spaces", "taskwithspaces"],
    ["--lead", "lead"],
    ["trail--", "trail"],
    ["!!!", ""],
    ["", ""],
    ["ünïcode", "ncode"],
    ["4you", "4you"],
  ])("of %j is %j", (text, label) => expect(toLabel(text, RFC1123)).toBe(label));

  test("has at most 63 octets", () => expect(toLabel(a(70), RFC1123)).toBe(a(63)));

  test("that is cut at a dash is filled up with characters from after the cut, without leading dashes", () => {
    expect(toLabel(`${a(61)}--${"-"}bcd`, RFC1123)).toBe(`${a(61)}bc`);
  });

  test("under RFC 952 has at most 24 octets and starts with no digit", () => {
    expect(toLabel(`-42${a(30)}`, RFC952)).toBe(a(24));
  });

  test("leaves room if the caller needs some", () => expect(toLabel(a(63), RFC1123, 62)).toBe(a(62)));
});

describe("a framework's fragment", () => {
  test.each([
    ["marathon.prod", "marathon.prod"],
    ["Spark-2.4_x", "spark-2.4-x"],
    ["..a..b..", "a.b"],
    ["!!!", ""],
  ])("of %j is %j", (name, fragment) => expect(toFragment(name, RFC1123)).toBe(fragment));
});

describe("a canonical name", () => {
  test("is task, hash and agent", () => expect(canonicalName("web", "abcde", "s1")).toBe("web-abcde-s1"));

  test("shortens the task so that the label has 63 octets, without a dash at the cut", () => {
    const name = canonicalName(`${a(53)}-${a(9)}`, "abcde", "s1");
    expect(name).toBe(`${a(53)}-abcde-s1`);
    expect(canonicalName(a(63), "abcde", "s1")).toBe(`${a(54)}-abcde-s1`);
  });

  test("of a dotted name shortens its last label only", () => {
    expect(canonicalName(`x.${a(63)}`, "abcde", "s1")).toBe(`x.${a(54)}-abcde-s1`);
  });
});

test("an agent's suffix is the part after the last dash of its id, in lower case", () => {
  expect(agentSuffix("6e2c4d1a-73c3-4e5b-9c7e-1f4a3b2c1d0e-S13")).toBe("s13");
  expect(agentSuffix("plain")).toBe("plain");
});

describe("a name fits DNS", () => {
  test.each([
    ["a.mesos", true],
    [`${a(63)}.mesos`, true],
    [`${a(64)}.mesos`, false],
    ["a..mesos", false],
    [".mesos", false],
    ["mesos.", false],
    ["", false],
    [`${"ü".repeat(31)}.mesos`, true],
    [`${"ü".repeat(32)}.mesos`, false],
    [`${`${a(49)}.`.repeat(5)}aaaa`, false],
    [`${`${a(49)}.`.repeat(5)}aaa`, true],
  ])("%j: %s", (name, fits) => expect(isDnsName(name)).toBe(fits));
});
