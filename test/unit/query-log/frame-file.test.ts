import { expect, test } from "vitest";
import { EDGE, framesFound } from "../../../src/query-log/frame-file.js";
import { CONTROL, controlFrame } from "../../../src/query-log/frame-streams.js";

const START = Buffer.from(controlFrame(CONTROL.START));
const STOP = Buffer.from(controlFrame(CONTROL.STOP));
const FRAME = Buffer.from("\0\0\0\u0005frame");

test.each([
  ["without anything", [], { kind: "blank" }],
  ["in which not even the beginning is whole", [START.subarray(0, 20)], { kind: "blank" }],
  ["that was begun, and has no record", [START], { kind: "blank" }],
  ["that has ended without a record", [START, STOP], { kind: "ended", goesOnAt: EDGE }],
  ["that has ended", [START, FRAME, STOP], { kind: "ended", goesOnAt: EDGE + FRAME.length }],
  ["that broke off", [START, FRAME], { kind: "other" }],
  ["that broke off in its end", [START, FRAME, STOP.subarray(0, 8)], { kind: "other" }],
  ["of somebody else", [Buffer.alloc(100, "x"), STOP], { kind: "other" }],
  ["that is short, and no stream", [Buffer.from("text")], { kind: "other" }],
])("a file %s is seen as such", (_, parts, found) => {
  const file = Buffer.concat(parts);
  expect(framesFound(file.subarray(0, EDGE), file.subarray(-EDGE), file.length)).toEqual(found);
});
