import type { Token } from "./lexer.js";

/** A place in a list of tokens, which can be moved back. */
export class Tokens {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Of the last token that was looked at, for messages. */
  line = 1;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  peek(): Token {
    // The last one, the end or an error, is read again and again.
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
    this.line = token.line;
    return token;
  }

  nextNonSpace(): Token {
    this.peekNonSpace();
    return this.next();
  }

  peekNonSpace(): Token {
    while (this.peek().kind === "space") this.#at++;
    return this.peek();
  }

  /** Takes the last `next` back. */
  backup(): void {
    this.#at--;
  }

  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  /** The token that was read from a place in the text. */
  textOf(place: number): string {
    return this.#tokens.findLast(({ at, kind }) => at === place && kind !== "space")?.text ?? "";
  }
}
