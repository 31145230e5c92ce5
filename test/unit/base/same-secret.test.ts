import { expect, test } from "vitest";
import { isSameSecret } from "../../../src/base/same-secret.js";

test.each([
  ["s3cret", "s3cret", true],
  ["s3cres", "s3cret", false],
  ["", "s3cret", false],
  ["s3cret and more", "s3cret", false],
])("who gives %j for %j knows it: %s", (given, secret, isKnown) => {
  expect(isSameSecret(given, secret)).toBe(isKnown);
});
