import { expect, test } from "vitest";
import { BridgeFile } from "../../../../src/lb/file-formats/bridge.js";

test("two apps of one name and port are not the end of the first", () => {
  const format = new BridgeFile([]);
  const { content, carried } = format.make("a_b\t10000\t192.0.2.1:1\na_b\t10000\t192.0.2.2:2\nc\t10001\t192.0.2.3:3\n");
  expect(content.text.match(/^listen a_b-10000$/gmu)).toHaveLength(1);
  expect(content.text).toContain("192.0.2.1:1");
  expect(carried.refused).toEqual([
    { appId: "a_b", index: undefined, reason: "another app has its name and its port 10000", isKept: false },
  ]);
});

test("an app that HAProxy refuses goes on as the program before this one had it", () => {
  const before = new BridgeFile([]);
  before.make("a\t10000\t192.0.2.1:1\n");
  expect(before.accept()).toBe(true);
  const format = new BridgeFile(before.good);
  format.make("a\t10000\tagent.invalid:1\n");
  format.refuse(new Map([["a", "no address"]]));
  const { content, carried } = format.make("a\t10000\tagent.invalid:1\n");
  expect(content.text).toContain("192.0.2.1:1");
  expect(carried.refused).toMatchObject([{ appId: "a", isKept: true }]);
});
