import { describe, expect, test } from "vitest";
import { printable, printableJson } from "../../../src/base/printable.js";

const NASTY = "\x1b[31mred\x07\r\nnew\x9b2J\x7f \u202eabc\u2066\u2028";

describe("untrusted text", () => {
  test("becomes one line of printable characters, whatever it contains", () => {
    expect(printable(NASTY)).toBe("\\x1b[31mred\\x07\\x0d\\x0anew\\x9b2J\\x7f \\u202eabc\\u2066\\u2028");
    expect(printable("web-ä-日本-🚀")).toBe("web-ä-日本-🚀");
  });

  test("stays the same when an escaped line is parsed as JSON", () => {
    const line = `${JSON.stringify({ id: NASTY })}\n`;
    const shown = printableJson(line);
    expect(JSON.parse(shown)).toEqual({ id: NASTY });
    expect(shown.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u202e\u2066]/u);
    expect(shown.endsWith("\n")).toBe(true);
  });
});
