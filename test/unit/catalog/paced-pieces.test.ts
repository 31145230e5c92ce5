import { expect, test } from "vitest";
import { PacedPieces } from "../../../src/catalog/paced-pieces.js";

function twoSets() {
  const sent: string[] = [];
  const waiting = [["a1", "a2"], ["b1"]];
  const pieces = new PacedPieces<string>({
    send: (piece) => void sent.push(piece),
    begin: () => waiting.shift()?.values(),
  });
  return { sent, waiting, pieces };
}

test("a piece is sent when the one before has been taken, and what has come meanwhile follows", () => {
  const { sent, waiting, pieces } = twoSets();
  pieces.send();
  pieces.send();
  expect(sent).toEqual(["a1"]);
  pieces.taken();
  expect(sent).toEqual(["a1", "a2"]);
  pieces.taken();
  expect(sent).toEqual(["a1", "a2", "b1"]);
  pieces.taken();
  waiting.push(["c1"]);
  pieces.send();
  expect(sent).toEqual(["a1", "a2", "b1", "c1"]);
});

test("what is dropped is not sent, but the piece that is under way has to be taken all the same", () => {
  const { sent, pieces } = twoSets();
  pieces.send();
  pieces.forget();
  pieces.send();
  expect(sent).toEqual(["a1"]);
  pieces.taken();
  expect(sent).toEqual(["a1", "b1"]);
});
