import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemberNames } from "../../../../src/sources/mesos/member-names.js";
import { type Reading, StreamedJson } from "../../../../src/sources/mesos/streamed-json.js";

const NAMES = ["a", "b", "slaves", "ü"];

/** Runs a reading of a text that arrives in these parts. Calls `watch` after each part. */
function readIn<Result>(
  parts: Iterable<Uint8Array>,
  read: (json: StreamedJson) => Reading<Result>,
  watch: (json: StreamedJson) => void = () => {},
): Result {
  const json = new StreamedJson();
  const reading = read(json);
  for (const part of parts) {
    json.add(part);
    reading.next();
    watch(json);
  }
  json.end();
  const { done, value } = reading.next();
  if (!done) throw new Error("the reading pauses at the end of the text");
  return value;
}

/** The text in parts of these sizes, of which the last one is repeated. */
function* partsOf(text: string, sizes: readonly number[]): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = at + (sizes[Math.min(turn++, sizes.length - 1)] as number);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** The content of the text, read member by member and element by element, but at once if `isSmall` returns true. */
function* readAll(json: StreamedJson, isSmall: (depth: number) => boolean, depth = 0): Reading<unknown> {
  const kind = yield* json.kind();
  if (kind === "other" || isSmall(depth)) return yield* json.value();
  const found: [string, unknown][] = [];
  const list: unknown[] = [];
  if (kind === "array") {
    yield* json.elements(function* () {
      list.push(yield* readAll(json, isSmall, depth + 1));
    });
    return list;
  }
  yield* json.members(new MemberNames(NAMES), function* (index) {
    found.push([NAMES[index] as string, yield* readAll(json, isSmall, depth + 1)]);
  });
  return Object.fromEntries(found);
}

function* readWhole(json: StreamedJson, smallDepth: number): Reading<unknown> {
  const value = yield* readAll(json, (depth) => depth >= smallDepth);
  yield* json.expectEnd();
  return value;
}

function* skipWhole(json: StreamedJson): Reading<number> {
  yield* json.skip();
  const at = json.scanner.at();
  yield* json.expectEnd();
  return at;
}

function refusalOf(text: string, size: number): unknown {
  try {
    return readIn(partsOf(text, [size]), (json) => readWhole(json, 2));
  } catch (error) {
    return error;
  }
}

const aText = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.jsonValue({ maxDepth: 0 }), tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 4, noNullPrototype: true }),
})).value;
const someSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });

describe("a JSON text that arrives in parts", () => {
  it("has the same content as the whole for JSON.parse, wherever it is cut", () => {
    fc.assert(
      fc.property(aText, someSizes, fc.constantFrom(undefined, 2), fc.nat(3), (value, sizes, indent, smallDepth) => {
        const text = ` ${JSON.stringify(value, undefined, indent)}\n`;
        expect(readIn(partsOf(text, sizes), (json) => readWhole(json, smallDepth))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("can be skipped as a whole, wherever it is cut", () => {
    fc.assert(
      fc.property(fc.json(), someSizes, (text, sizes) => {
        expect(readIn(partsOf(text, sizes), skipWhole)).toBe(Buffer.byteLength(text));
      }),
    );
  });

  it("is refused if it ends too early, like the same text in one piece", () => {
    const text = '{"a": [1, {"b": "x\\"y"}, true], "c": {"d": "]}", "e": [[2], [3]]}, "b": "z"}';
    for (let length = 1; length < text.length; length++) {
      const refusal = refusalOf(text.slice(0, length), 1000);
      expect(refusal).toMatchObject({ code: "STATE_INVALID", message: expect.stringMatching(/at byte \d+/) });
      for (const size of [1, 3]) expect(refusalOf(text.slice(0, length), size)).toEqual(refusal);
    }
  });

  it.each([
    ['{"a": [1, 2}', "byte 11 is '}' where ',' or ']' should be"],
    ['{"a": {"b": 1]}', "byte 13 is ']' where ',' or '}' should be"],
    ['{"c": [[1}]}', "byte 9 is '}' where"],
    ['{"a": nul}', "the value at byte 6 is not JSON"],
    ["[1] x", "byte 4 is 'x' where the end should be"],
  ])("is refused with the position of the wrong byte, however it is cut: %s", (text, message) => {
    for (const size of [1, 4, 1000]) {
      expect(() => readIn(partsOf(text, [size]), (json) => readWhole(json, 3))).toThrow(message);
    }
  });

  it("is refused at the part that is wrong, not at its end", () => {
    const json = new StreamedJson();
    const reading = readWhole(json, 3);
    json.add(Buffer.from('{"a": [1, 2}'));
    expect(() => reading.next()).toThrow("byte 11");
  });

  it("is refused if it nests as deep as only an attacker's would, however it is cut", () => {
    const skip = (depth: number, size: number) =>
      readIn(partsOf("[".repeat(depth) + "]".repeat(depth), [size]), skipWhole);
    for (const size of [1, 100, 10_000]) {
      expect(skip(200, size)).toBe(400);
      expect(() => skip(1000, size)).toThrow(/nests deeper than 256 levels at byte \d+/);
    }
  });

  it("is not kept in memory while it is skipped, whatever its size", () => {
    const large = JSON.stringify({ a: Array.from({ length: 2000 }, (_, i) => ({ i, b: [`text ${i}`, { c: i }] })) });
    let most = 0;
    readIn(partsOf(large, [500]), skipWhole, ({ scanner }) => {
      most = Math.max(most, scanner.ahead);
    });
    expect(large.length).toBeGreaterThan(50_000);
    expect(most).toBeLessThan(100);
  });

  it("is kept in memory only for one element while it is read element by element", () => {
    const items = Array.from({ length: 2000 }, (_, i) => ({ i, b: [`text ${i}`, { c: i }] }));
    let most = 0;
    const read = (json: StreamedJson) => readWhole(json, 1);
    const watch = ({ scanner }: StreamedJson) => {
      most = Math.max(most, scanner.ahead);
    };
    expect(readIn(partsOf(JSON.stringify(items), [500]), read, watch)).toEqual(items);
    expect(most).toBeLessThan(100);
  });

  it("is scanned only a few times if one value arrives in very many parts", () => {
    const text = JSON.stringify(["x".repeat(100_000)]);
    let bytes = 0;
    const value = readIn(partsOf(text, [100]), (json) =>
      json.read((scanner) => {
        bytes += scanner.ahead;
        return scanner.value();
      }),
    );
    expect(value).toEqual(JSON.parse(text));
    expect(bytes).toBeLessThan(4 * text.length);
  });
});
