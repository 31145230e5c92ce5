import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordDecoder } from "../../../../../src/sources/mesos/live/record-io.js";

const frame = (text: string) => `${Buffer.byteLength(text)}\n${text}`;

function decode(chunks: readonly (string | Uint8Array)[], maxBytes = 1_000): string[] {
  const decoder = new RecordDecoder(maxBytes);
  const records: string[] = [];
  let parts: Uint8Array[] = [];
  for (const chunk of chunks) {
    for (const { bytes, isLast } of decoder.push(Buffer.from(chunk as string))) {
      expect(bytes.length).toBeGreaterThan(0);
      parts.push(bytes);
      if (isLast) records.push(Buffer.concat(parts).toString());
      if (isLast) parts = [];
    }
  }
  expect(parts).toEqual([]);
  return records;
}

describe("records", () => {
  it("are found one after the other", () => {
    expect(decode([`${frame("true")}${frame("null")}`])).toEqual(["true", "null"]);
  });

  it("are passed on at once, in the parts that chunks have of them", () => {
    const decoder = new RecordDecoder(10);
    const push = (chunk: string) =>
      Array.from(decoder.push(Buffer.from(chunk)), ({ bytes, isLast }) => [Buffer.from(bytes).toString(), isLast]);
    expect(push("4\ntru")).toEqual([["tru", false]]);
    expect(push("e1\n2")).toEqual([
      ["e", true],
      ["2", true],
    ]);
  });

  it("are counted in bytes, not in characters", () => {
    expect(decode([frame('"ü"'), frame("1")])).toEqual(['"ü"', "1"]);
  });

  it("without content are skipped", () => {
    expect(decode(["0\n0\n", frame("1")])).toEqual(["1"]);
  });

  it("do not depend on where chunks begin and end", () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.array(fc.nat(12), { minLength: 1, maxLength: 40 }), (records, sizes) => {
        const bytes = Buffer.from(records.map(frame).join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = 1 + (sizes[i % sizes.length] ?? 0);
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(decode(chunks)).toEqual(records);
      }),
    );
  });
});

describe("invalid RecordIO", () => {
  it.each([
    ["text", "hello"],
    ["a line feed without a count", "\n"],
    ["a negative count", "-1\n"],
    ["a page of HTML behind a record", `${frame("1")}<html>`],
    ["a count that never ends", "0".repeat(40)],
  ])("is refused: %s", (_, text) => {
    expect(() => decode([text])).toThrow(expect.objectContaining({ code: "STREAM_INVALID" }));
  });

  it("is refused before its content has arrived if a record is over the limit", () => {
    expect(() => decode(["1001\n"])).toThrow(expect.objectContaining({ code: "STATE_TOO_LARGE" }));
    expect(decode([frame("x".repeat(1_000))])).toHaveLength(1);
  });
});
