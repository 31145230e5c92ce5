import { FilterError, type Token, tokensOf } from "./lexer.js";

/** `Service.Meta["a.b"]` is `["Service", "Meta", "a.b"]`. */
export type Selector = readonly string[];

export type Expression =
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "equal" | "contains" | "matches"; readonly selector: Selector; readonly value: string }
  | { readonly kind: "empty"; readonly selector: Selector }
  /** `!=` of a list holds if it does for any element, so it is not the opposite of `==`. */
  | { readonly kind: "unequal"; readonly selector: Selector; readonly value: string };

/** Characters, and words within parentheses and behind `not`: real ones have a few. */
const MAX_CHARS = 4_096;
const MAX_DEPTH = 32;
const MAX_TOKENS = 512;
const SELECTOR_PART = /([^.[\]]+)|\["((?:[^"\\]|\\.)*)"\]/g;

/**
 * Reads a filter as Consul's clients write it.
 *
 * @throws FilterError which says what is wrong, and where
 */
export function parseFilter(text: string): Expression {
  if (text.length > MAX_CHARS) throw new FilterError(`more than ${MAX_CHARS} characters`);
  const tokens = tokensOf(text);
  if (tokens.length > MAX_TOKENS) throw new FilterError(`more than ${MAX_TOKENS} words`);
  return new Parser(tokens).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#or();
    if (this.#next) throw this.#unexpected();
    return expression;
  }

  get #next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#takes("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#takes("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw new FilterError(`more than ${MAX_DEPTH} parentheses or nots within each other`);
    const expression = this.#takes("not") ? ({ kind: "not", of: this.#not() } as const) : this.#single();
    this.#depth--;
    return expression;
  }

  #single(): Expression {
    if (!this.#takesSign("(")) return this.#match();
    const inner = this.#or();
    if (!this.#takesSign(")")) throw this.#unexpected();
    return inner;
  }

  /** `selector == value`, `value in selector`, `selector is empty` and what there is else. */
  #match(): Expression {
    const first = this.#take();
    if (this.#takes("in")) return { kind: "contains", selector: this.#selector(), value: first.text };
    if (this.#at + 1 < this.#tokens.length && this.#is("not") && this.#is("in", 1)) {
      this.#at += 2;
      return { kind: "not", of: { kind: "contains", selector: this.#selector(), value: first.text } };
    }
    const selector = selectorOf(first);
    if (this.#takesSign("==")) return { kind: "equal", selector, value: this.#take().text };
    if (this.#takesSign("!=")) return { kind: "unequal", selector, value: this.#take().text };
    if (this.#takes("is")) return this.#emptiness(selector);
    const isNot = this.#takes("not");
    if (this.#takes("contains")) return negatedIf(isNot, { kind: "contains", selector, value: this.#take().text });
    if (this.#takes("matches")) return negatedIf(isNot, { kind: "matches", selector, value: this.#take().text });
    throw this.#unexpected();
  }

  #emptiness(selector: Selector): Expression {
    const isNot = this.#takes("not");
    if (!this.#takes("empty")) throw this.#unexpected();
    return negatedIf(isNot, { kind: "empty", selector });
  }

  #selector(): Selector {
    return selectorOf(this.#take());
  }

  #is(word: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === "word" && token.text === word;
  }

  #takes(word: string): boolean {
    if (!this.#is(word)) return false;
    this.#at++;
    return true;
  }

  #takesSign(sign: string): boolean {
    const token = this.#next;
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#at++;
    return true;
  }

  /** A word or a value. */
  #take(): Token {
    const token = this.#next;
    if (!token || token.kind === "sign") throw this.#unexpected();
    this.#at++;
    return token;
  }

  #unexpected(): FilterError {
    const token = this.#next;
    return new FilterError(
      token ? `unexpected ${JSON.stringify(token.text)} at character ${token.at + 1}` : "it ends too early",
    );
  }
}

function negatedIf(isNot: boolean, of: Expression): Expression {
  return isNot ? { kind: "not", of } : of;
}

function selectorOf({ kind, text, at }: Token): Selector {
  const parts = Array.from(text.matchAll(SELECTOR_PART), ([, name, key]) => name ?? key.replace(/\\(.)/g, "$1"));
  if (kind !== "word" || parts.length === 0)
    throw new FilterError(`a selector such as Service.Meta.rack belongs at character ${at + 1}`);
  return parts;
}
