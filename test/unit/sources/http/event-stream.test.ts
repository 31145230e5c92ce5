import { describe, expect, it } from "vitest";
import { EventStreamReader } from "../../../../src/sources/http/event-stream.js";

const read = (...pieces: readonly string[]) => {
  const reader = new EventStreamReader(64);
  return pieces.flatMap((piece) => reader.add(piece)).map(({ event, id, data }) => `${event}|${id}|${data}`);
};

describe("a stream of events", () => {
  it("ends its lines in either way, and comes in pieces of any length", () => {
    const text = "event: one\r\ndata: 1\r\n\r\nid: 7\nevent:two\ndata:2\n\n";
    const expected = ["one||1", "two|7|2"];
    expect(read(text)).toEqual(expected);
    expect(read(...text)).toEqual(expected);
    for (let at = 1; at < text.length; at++) expect(read(text.slice(0, at), text.slice(at))).toEqual(expected);
  });

  it("may have comments, blank lines and fields that nobody knows", () => {
    expect(read(":\r\n\r\n\r\n: heartbeat\nretry: 5\n\nevent: gone\n\nunknown\ndata: 1\n\n")).toEqual(["||1"]);
  });

  it("is refused when a line has no end", () => {
    expect(() => read("data: ", "x".repeat(50), "x".repeat(50))).toThrow("an event of more than 64 characters");
    expect(read(`data: ${"x".repeat(50)}\n\n`, `data: ${"x".repeat(50)}\n\n`)).toHaveLength(2);
  });

  it("goes on behind an event that is too long for those who would rather lack it, however it comes", () => {
    const text = `id: 1\ndata: 1\n\nid: 2\ndata: ${"x".repeat(200)}\nevent: more\n\nid: 3\ndata: 3\n\n`;
    for (let size = 1; size <= text.length; size++) {
      const leftOut: string[] = [];
      const reader = new EventStreamReader(64, (id) => void leftOut.push(id));
      const ids: string[] = [];
      for (let at = 0; at < text.length; at += size)
        for (const { id, event } of reader.add(text.slice(at, at + size))) ids.push(id + event);
      expect([ids, leftOut]).toEqual([["1", "3"], ["2"]]);
    }
  });
});
