import { hex, isPrinted, quote } from "./quote.js";

/** A template as tokens, as text/template cuts it. */

export type TokenKind =
  | "text"
  | "left"
  | "right"
  | "space"
  | "assign"
  | "declare"
  | "pipe"
  | "("
  | ")"
  | "char"
  | "string"
  | "raw"
  | "character"
  | "number"
  | "identifier"
  | "keyword"
  | "bool"
  | "nil"
  | "dot"
  | "field"
  | "variable"
  | "error"
  | "end of file";

export interface Token {
  readonly kind: TokenKind;
  /** As it is written; of an error its message, of a field the name with its dot. */
  readonly text: string;
  /** A place in the text, in UTF-16 units. */
  readonly at: number;
  /** Counted from 1. */
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(["block", "define", "else", "end", "if", "range", "template", "with"]);

const LEFT = "{{";
const RIGHT = "}}";

const SPACES = /[ \t\r\n]+/y;
const TRIMMED_RIGHT = /[ \t\r\n]-\}\}/y;
const TRIM_LEFT = /-[ \t\r\n]/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
const NUMBER_START = /\.[0-9]|[+\-0-9]/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;
const COMMENT_START = /\/\*/y;

/** The tokens of a template. The last one is the end of the file or an error. */
export function lex(source: string): readonly Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  /** The first one that has not been counted, or below 0. */
  #newline: number;
  #parentheses = 0;

  constructor(source: string) {
    this.#source = source;
    this.#newline = source.indexOf("\n");
  }

  run(): readonly Token[] {
    while (this.#text() && this.#action());
    return this.#tokens;
  }

  /** Up to the next action. False at the end. */
  #text(): boolean {
    const start = this.#at;
    const left = this.#source.indexOf(LEFT, start);
    let end = left < 0 ? this.#source.length : left;
    const next = end;
    if (left >= 0 && this.#match(TRIM_LEFT, left + LEFT.length)) {
      while (end > start && " \t\r\n".includes(this.#source[end - 1] ?? "")) end--;
    }
    if (end > start) this.#emit("text", end);
    this.#at = next;
    if (left >= 0) return true;
    this.#emit("end of file", next);
    return false;
  }

  /** From `{{` behind `}}`. False after an error. */
  #action(): boolean {
    const trims = this.#match(TRIM_LEFT, this.#at + LEFT.length);
    const inside = this.#at + LEFT.length + (trims ? 2 : 0);
    if (this.#match(COMMENT_START, inside)) return this.#comment(inside);
    this.#emit("left", this.#at + LEFT.length);
    this.#at = inside;
    this.#parentheses = 0;
    while (!this.#right()) {
      if (!this.#inside()) return false;
    }
    return true;
  }

  #comment(start: number): boolean {
    this.#at = start;
    const end = this.#source.indexOf("*/", start + 2);
    if (end < 0) return this.#fail("unclosed comment");
    this.#at = end + 2;
    const trims = this.#match(TRIMMED_RIGHT, this.#at) !== undefined;
    if (!trims && !this.#source.startsWith(RIGHT, this.#at)) return this.#fail("comment ends before closing delimiter");
    this.#at += RIGHT.length + (trims ? 2 : 0);
    if (trims) this.#at += this.#match(SPACES, this.#at)?.length ?? 0;
    return true;
  }

  /** The end of the action, if it is here and no parenthesis is open. */
  #right(): boolean {
    if (this.#parentheses > 0) return false;
    const trims = this.#match(TRIMMED_RIGHT, this.#at) !== undefined;
    if (!trims && !this.#source.startsWith(RIGHT, this.#at)) return false;
    if (trims) this.#at += 2;
    this.#emit("right", this.#at + RIGHT.length);
    if (trims) this.#at += this.#match(SPACES, this.#at)?.length ?? 0;
    return true;
  }

  /** One token inside an action. False after an error. */
  #inside(): boolean {
    const source = this.#source;
    const at = this.#at;
    if (this.#match(TRIMMED_RIGHT, at) || source.startsWith(RIGHT, at)) return this.#fail("unclosed left paren");
    const character = source[at];
    switch (character) {
      case undefined:
        return this.#fail("unclosed action");
      case " ":
      case "\t":
      case "\r":
      case "\n":
        return this.#space();
      case "=":
        return this.#emit("assign", at + 1);
      case ":":
        return source[at + 1] === "=" ? this.#emit("declare", at + 2) : this.#fail("expected :=");
      case "|":
        return this.#emit("pipe", at + 1);
      case '"':
        return this.#literal("string", QUOTED, "unterminated quoted string");
      case "`":
        return this.#literal("raw", RAW, "unterminated raw quoted string");
      case "'":
        return this.#literal("character", CHARACTER, "unterminated character constant");
      case "(":
        this.#parentheses++;
        return this.#emit("(", at + 1);
      case ")":
        this.#parentheses--;
        this.#emit(")", at + 1);
        return this.#parentheses >= 0 || this.#fail("unexpected right paren U+0029 ')'");
      default:
        return this.#word(character);
    }
  }

  /** Spaces, but for the one that belongs to a trimming end. */
  #space(): boolean {
    const end = this.#at + (this.#match(SPACES, this.#at)?.length ?? 0);
    const trimmed = this.#match(TRIMMED_RIGHT, end - 1) ? end - 1 : end;
    return trimmed === this.#at || this.#emit("space", trimmed);
  }

  #literal(kind: TokenKind, pattern: RegExp, otherwise: string): boolean {
    const found = this.#match(pattern, this.#at);
    return found === undefined ? this.#fail(otherwise) : this.#emit(kind, this.#at + found.length);
  }

  #word(first: string): boolean {
    const at = this.#at;
    if (this.#match(NUMBER_START, at)) return this.#number();
    if (first === "." || first === "$") return this.#name(first === "." ? "field" : "variable");
    const word = this.#match(WORD, at);
    if (word === undefined) {
      if (first > " " && first < "\x7f") return this.#emit("char", at + 1);
      return this.#fail(`unrecognized character in action: ${named(this.#characterAt(at))}`);
    }
    if (!this.#isEnd(at + word.length)) return this.#badCharacter(at + word.length);
    return this.#emit(kindOf(word), at + word.length);
  }

  #name(kind: "field" | "variable"): boolean {
    const name = this.#match(WORD, this.#at + 1) ?? "";
    const end = this.#at + 1 + name.length;
    if (!this.#isEnd(end)) return this.#badCharacter(end);
    return this.#emit(name === "" && kind === "field" ? "dot" : kind, end);
  }

  #number(): boolean {
    const number = this.#match(NUMBER, this.#at) ?? "";
    const end = this.#at + number.length;
    const next = this.#characterAt(end);
    if (this.#match(WORD, end) || next === "+" || next === "-") {
      return this.#fail(`bad number syntax: ${quote(number + (this.#match(NUMBER, end) || next))}`);
    }
    return this.#emit("number", end);
  }

  /** Whether a name may end here. */
  #isEnd(at: number): boolean {
    return (
      at >= this.#source.length || /[ \t\r\n.,|:()]/.test(this.#characterAt(at)) || this.#source.startsWith(RIGHT, at)
    );
  }

  #badCharacter(at: number): boolean {
    return this.#fail(`bad character ${named(this.#characterAt(at))}`);
  }

  #characterAt(at: number): string {
    const code = this.#source.codePointAt(at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #match(pattern: RegExp, at: number): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#source)?.[0];
  }

  #emit(kind: TokenKind, end: number): true {
    this.#tokens.push({ kind, text: this.#source.slice(this.#at, end), at: this.#at, line: this.#lineAt(this.#at) });
    this.#at = end;
    return true;
  }

  #fail(message: string): false {
    this.#tokens.push({ kind: "error", text: message, at: this.#at, line: this.#lineAt(this.#at) });
    return false;
  }

  #lineAt(at: number): number {
    while (this.#newline >= 0 && this.#newline < at) {
      this.#line++;
      this.#newline = this.#source.indexOf("\n", this.#newline + 1);
    }
    return this.#line;
  }
}

function kindOf(word: string): TokenKind {
  if (KEYWORDS.has(word)) return "keyword";
  if (word === "nil") return "nil";
  return word === "true" || word === "false" ? "bool" : "identifier";
}

/** A character as Go's %#U writes it. */
function named(character: string): string {
  if (character === "") return "U+FFFFFFFFFFFFFFFF";
  const code = `U+${hex(character.codePointAt(0) ?? 0, 4).toUpperCase()}`;
  return isPrinted(character) ? `${code} '${character}'` : code;
}
