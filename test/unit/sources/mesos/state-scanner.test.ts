import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemberNames } from "../../../../src/sources/mesos/member-names.js";
import { CLOSE_BRACKET, StateScanner } from "../../../../src/sources/mesos/state-scanner.js";

const scan = (text: string) => new StateScanner(Buffer.from(text));

/** The content of `text`, read member by member and element by element. */
function readAll(scanner: StateScanner, names: readonly string[]): unknown {
  if (scanner.kind() === "array") {
    const list: unknown[] = [];
    for (let more = scanner.enter(); more; more = scanner.next(CLOSE_BRACKET)) list.push(readAll(scanner, names));
    return list;
  }
  if (scanner.kind() === "other") return scanner.value();
  const found: [string, unknown][] = [];
  scanner.members(new MemberNames(names), (index) => found.push([names[index] as string, readAll(scanner, names)]));
  return Object.fromEntries(found);
}

describe("a JSON text read by the scanner", () => {
  it("has the same content as for JSON.parse", () => {
    const names = ["a", "b", "slaves", "ü"];
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: "small" }, fc.jsonValue({ maxDepth: 0 }), tie("list"), tie("object")),
      list: fc.array(tie("value"), { maxLength: 4 }),
      object: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const scanner = scan(` ${text}\n`);
        expect(readAll(scanner, names)).toEqual(JSON.parse(text));
        scanner.end();
      }),
    );
  });

  it("can be skipped as a whole", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const scanner = scan(text);
        scanner.skip();
        expect(scanner.at()).toBe(Buffer.byteLength(text));
        scanner.end();
      }),
    );
  });

  it("is refused wherever it is cut off", () => {
    const text = '{"a": [1, {"b": "x\\"y"}, true], "c": {"d": "]}"}, "b": "z"}';
    for (let length = 0; length < text.length; length++) {
      const scanner = scan(text.slice(0, length));
      expect(() => {
        if (scanner.kind() === "object") readAll(scanner, ["a", "b"]);
        else scanner.skip();
        scanner.end();
      }).toThrow(
        expect.objectContaining({ code: "STATE_INVALID", message: expect.stringMatching(/at byte|byte \d+/) }),
      );
    }
  });

  it.each([
    ["[1}", "byte 2 is '}' where ',' or ']' should be"],
    ['{"b":[1}}', "byte 7 is '}' where the bracket that is open should be"],
    ['{"a" 1}', "byte 5 is '1' where ':' should be"],
    ["{a:1}", "byte 1 is 'a' where a member name should be"],
    ['{"a":1 "b":2}', "byte 7 is '\"' where ',' or '}' should be"],
    ['{"a":}', "byte 5 is '}' where a value should be"],
    ['{"a":1,}', "byte 7 is '}' where a member name should be"],
    ['{"a":nul}', "the value at byte 5 is not JSON"],
    ['{"a":"\u0001"}', "the value at byte 5 is not JSON"],
    ["[1] x", "byte 4 is 'x' where the end should be"],
    ["[1]\u00a0", "byte 3 is 0xc2 where the end should be"],
  ])("is refused with the position of the wrong byte: %s", (text, message) => {
    const scanner = scan(text);
    expect(() => {
      readAll(scanner, ["a"]);
      scanner.end();
    }).toThrow(expect.objectContaining({ code: "STATE_INVALID", message: expect.stringContaining(message) }));
  });

  it("is refused if it nests as deep as only an attacker's would", () => {
    expect(() => scan("[".repeat(1000) + "]".repeat(1000)).skip()).toThrow(
      "it nests deeper than 256 levels at byte 256",
    );
  });
});
