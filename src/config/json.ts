/**
 * Finds where a text stops being JSON, by line and column. In the supported versions of Node.js, only some messages of
 * `JSON.parse` name the place.
 */

export interface SyntaxFault {
  /** Both count from 1; the column in UTF-16 code units. */
  readonly line: number;
  readonly column: number;
  /** What was found there and what was expected, as a phrase. */
  readonly problem: string;
}

const SPACE = /[ \t\r\n]*/y;
/** Inside a string: no control character, no quote, a backslash only to escape (RFC 8259 section 7). */
const TOKEN =
  /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\]:,]/uy;

/** What may come next; the names appear in messages. */
type Expected =
  | "a value"
  | 'a value or "]"'
  | "a quoted key"
  | 'a quoted key or "}"'
  | '":"'
  | '"," or "]"'
  | '"," or "}"'
  | "nothing more";

/** The first fault of `text`, or `undefined` if it is JSON. */
export function findSyntaxFault(text: string): SyntaxFault | undefined {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "a value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = matchAt(TOKEN, text, at);
    const next: Expected | undefined = token === "" ? undefined : step(token, expected, open);
    if (next === undefined) return faultAt(text, at, expected);
    expected = next;
    at = skipSpace(text, at + token.length);
  }
  return expected === "nothing more" ? undefined : faultAt(text, at, expected);
}

/** The tokens of a JSON text, with their lines. */
export function* tokensOf(text: string): Generator<{ readonly token: string; readonly line: number }> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const space = matchAt(SPACE, text, at);
    line += space.split("\n").length - 1;
    at += space.length;
    const token = matchAt(TOKEN, text, at);
    if (token === "") return;
    yield { token, line };
    at += token.length;
  }
}

/** What is expected after `token`; `undefined` if `token` is not allowed here. Updates `open`, the stack of open brackets. */
function step(token: string, expected: Expected, open: ("{" | "[")[]): Expected | undefined {
  switch (expected) {
    case '":"':
      return token === ":" ? "a value" : undefined;
    case "a quoted key":
      return token.startsWith('"') ? '":"' : undefined;
    case 'a quoted key or "}"':
      return token === "}" ? close(open) : step(token, "a quoted key", open);
    case '"," or "}"':
      return token === "," ? "a quoted key" : token === "}" ? close(open) : undefined;
    case '"," or "]"':
      return token === "," ? "a value" : token === "]" ? close(open) : undefined;
    case 'a value or "]"':
      return token === "]" ? close(open) : step(token, "a value", open);
    case "a value":
      return startValue(token, open);
    case "nothing more":
      return undefined;
  }
}

function startValue(token: string, open: ("{" | "[")[]): Expected | undefined {
  if (token === "{" || token === "[") {
    open.push(token);
    return token === "{" ? 'a quoted key or "}"' : 'a value or "]"';
  }
  return /^[}\]:,]/.test(token) ? undefined : afterValue(open);
}

function close(open: ("{" | "[")[]): Expected {
  open.pop();
  return afterValue(open);
}

function afterValue(open: readonly ("{" | "[")[]): Expected {
  const innermost = open.at(-1);
  if (innermost === undefined) return "nothing more";
  return innermost === "{" ? '"," or "}"' : '"," or "]"';
}

function faultAt(text: string, at: number, expected: Expected): SyntaxFault {
  const before = text.slice(0, at).split("\n");
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    problem: `${describeCharacter(text, at)} where ${expected} was expected`,
  };
}

function describeCharacter(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return "the end of the file";
  if (code === 0x22) return matchAt(TOKEN, text, at) === "" ? "a malformed or unfinished string" : "a string";
  if (code > 0x20 && code < 0x7f) return `"${String.fromCodePoint(code)}"`;
  return `the character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function skipSpace(text: string, at: number): number {
  return at + matchAt(SPACE, text, at).length;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}
