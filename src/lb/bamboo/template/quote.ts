/** Texts in quotes, as Go's strconv writes and reads them. */

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);
const OCTETS: ReadonlyMap<string, number> = new Map(
  [...LETTERS].map(([character, written]) => [written.slice(1), character.charCodeAt(0)]),
);
const PRINTED = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A text in quotes, on one line. `asciiOnly` escapes everything else too. */
export function quote(value: string, mark = '"', asciiOnly = false): string {
  const inside = Array.from(value, (character) => quoted(character, mark, asciiOnly)).join("");
  return mark + inside + mark;
}

function quoted(character: string, mark: string, asciiOnly: boolean): string {
  if (character === mark) return `\\${mark}`;
  const letter = LETTERS.get(character);
  if (letter) return letter;
  const code = character.codePointAt(0) ?? 0;
  if (isPrinted(character) && !(asciiOnly && code > 0x7e)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** Whether Go calls a character printable. */
export function isPrinted(character: string): boolean {
  return PRINTED.test(character);
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** What stands in the quotes of a string or a character of Go's; `undefined` if that is malformed. */
export function unquote(source: string): string | undefined {
  const mark = source[0];
  const inside = source.slice(1, -1);
  if (mark === "`") return inside.replaceAll("\r", "");
  const octets: number[] = [];
  for (let at = 0; at < inside.length; ) {
    const character = String.fromCodePoint(inside.codePointAt(at) ?? 0);
    if (character === "\n" || character === mark) return undefined;
    if (character !== "\\") {
      octets.push(...Buffer.from(character));
      at += character.length;
      continue;
    }
    const sequence = readEscape(inside.slice(at + 1, at + 10), mark ?? "");
    if (!sequence) return undefined;
    octets.push(...sequence.octets);
    at += 1 + sequence.length;
  }
  return Buffer.from(octets).toString();
}

interface Escape {
  readonly octets: Iterable<number>;
  readonly length: number;
}

/** An escape sequence without its backslash, at the beginning of `rest`. */
function readEscape(rest: string, mark: string): Escape | undefined {
  const letter = rest[0] ?? "";
  if (letter === mark) return { octets: Buffer.from(letter), length: 1 };
  const octet = OCTETS.get(letter);
  if (octet !== undefined) return { octets: [octet], length: 1 };
  const octal = /^[0-3][0-7]{2}/.exec(rest);
  if (octal) return { octets: [Number.parseInt(octal[0], 8)], length: 3 };
  const digits = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
  if (!digits) return undefined;
  const code = Number.parseInt(digits[1] ?? digits[2] ?? digits[3] ?? "", 16);
  if (letter === "x") return { octets: [code], length: 3 };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { octets: Buffer.from(String.fromCodePoint(code)), length: digits[0].length };
}
