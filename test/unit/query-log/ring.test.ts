import fc from "fast-check";
import { expect, test } from "vitest";
import { RingReader, RingWriter, ringMemory } from "../../../src/query-log/ring.js";

const CAPACITY = 256;

function ringOf(capacity = CAPACITY) {
  const memory = ringMemory(capacity);
  return { writer: new RingWriter(memory), reader: new RingReader(memory) };
}

/** Writes a record of this length with a mark behind its length. Returns whether it did fit. */
function put(writer: RingWriter, octets: number, mark: number): boolean {
  const at = writer.begin(octets);
  if (at < 0) return false;
  writer.words[at / 4 + 1] = mark;
  return true;
}

function take(reader: RingReader): number | undefined {
  const at = reader.first();
  if (at < 0) return undefined;
  const mark = reader.words[at / 4 + 1];
  reader.remove(at);
  return mark;
}

test("records are seen when they are published, in their order", () => {
  const { writer, reader } = ringOf();
  put(writer, 16, 1);
  put(writer, 24, 2);
  expect(take(reader)).toBeUndefined();
  writer.publish();
  expect([take(reader), take(reader), take(reader)]).toEqual([1, 2, undefined]);
});

test("unpublished records can be visited, also around the end", () => {
  const { writer, reader } = ringOf();
  for (let i = 0; i < 14; i++) put(writer, 16, i);
  writer.publish();
  for (let i = 0; i < 14; i++) take(reader);
  put(writer, 24, 20);
  put(writer, 40, 21);
  const seen: number[] = [];
  writer.eachUnpublished((at) => seen.push(writer.words[at / 4 + 1] ?? 0));
  expect(seen).toEqual([20, 21]);
});

test("what does not fit is refused, and fits again when the reader has made room", () => {
  const { writer, reader } = ringOf();
  let count = 0;
  while (put(writer, 32, count)) count++;
  expect(count).toBe(CAPACITY / 32 - 1);
  expect(put(writer, CAPACITY + 8, 0)).toBe(false);
  writer.publish();
  expect(put(writer, 32, 99)).toBe(false);
  expect(take(reader)).toBe(0);
  expect(put(writer, 32, 99)).toBe(true);
});

test("whatever is written and read in whatever order, everything that did fit comes out once, in order", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), octets: fc.integer({ min: 1, max: 12 }).map((words) => words * 8) }),
    fc.record({ kind: fc.constantFrom("publish" as const, "take" as const), octets: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { writer, reader } = ringOf(128);
      const expected: number[] = [];
      const published: number[] = [];
      let mark = 0;
      for (const { kind, octets } of steps) {
        if (kind === "put" && put(writer, octets, ++mark)) expected.push(mark);
        if (kind === "publish") {
          writer.publish();
          published.push(...expected.splice(0));
        }
        if (kind === "take") expect(take(reader)).toBe(published.shift());
      }
      writer.publish();
      published.push(...expected);
      for (const each of published) expect(take(reader)).toBe(each);
      expect(take(reader)).toBeUndefined();
    }),
  );
});
