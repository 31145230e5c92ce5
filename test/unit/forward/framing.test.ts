import fc from "fast-check";
import { expect, test } from "vitest";
import { framed, MessageReader } from "../../../src/forward/framing.js";

function read(pieces: readonly Uint8Array[]): Buffer[] {
  const reader = new MessageReader();
  const messages: Buffer[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let message = reader.next(); message; message = reader.next()) messages.push(Buffer.from(message));
  }
  return messages;
}

test("messages are read the same, whatever pieces the stream arrives in", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(2000), { maxLength: 40 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(framed));
      const ends = [...cuts, stream.length].map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b);
      const pieces = ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
      expect(read(pieces)).toEqual(sent.map((message) => Buffer.from(message)));
    }),
    { numRuns: 1000 },
  );
});

test("a message of the greatest length is read octet by octet", () => {
  const message = Buffer.alloc(65_535, 7);
  const stream = framed(message);
  expect(read(Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual([message]);
});

test("a message is a copy, not a view of the piece", () => {
  const stream = framed(Buffer.from("a message"));
  const reader = new MessageReader();
  reader.push(stream);
  const message = reader.next();
  stream.fill(0);
  expect(Buffer.from(message ?? []).toString()).toBe("a message");
  expect(message?.buffer.byteLength).toBe(9);
});
