import { expect, test } from "vitest";
import { readQuestion } from "../../../src/explain/question.js";

test.each([
  ["WEB.marathon.mesos.", "web.marathon.mesos"],
  ["a\\032b.mesos", "a b.mesos"],
  ["a\\ b.mesos", "a b.mesos"],
  ["\\195\\188ber.mesos", "über.mesos"],
  ["a\\046b.mesos", undefined],
  ["\\255.mesos", undefined],
  ["a\\\\b.mesos", "a\\b.mesos"],
  ["192.0.2.1", undefined],
])("%j is the name %j", (text, name) => {
  expect(readQuestion(text).name).toBe(name);
});
