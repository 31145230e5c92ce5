/** The words of a filter expression. */

export interface Token {
  /** `value`: in quotes. */
  readonly kind: "word" | "value" | "sign";
  readonly text: string;
  /** Where it begins, from 0. */
  readonly at: number;
}

/** Why an expression cannot be read. */
export class FilterError extends Error {}

const SIGNS = ["==", "!=", "(", ")"] as const;
const SPACE = /\s/;
/** What ends a word: space, a sign, or a quote. */
const WORD = /[^\s()=!"`]+/y;
const BRACKETED = /\["((?:[^"\\]|\\.)*)"\]/y;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text[at])) {
      at++;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  const sign = SIGNS.find((each) => text.startsWith(each, at));
  if (sign) return { token: { kind: "sign", text: sign, at }, end: at + sign.length };
  if (text[at] === '"' || text[at] === "`") return quotedAt(text, at);
  const end = wordEnd(text, at);
  if (end === at) throw new FilterError(`unexpected ${JSON.stringify(text[at])} at character ${at + 1}`);
  return { token: { kind: "word", text: text.slice(at, end), at }, end };
}

/** A word may have keys in brackets and quotes: `Node.Meta["rack"]`. */
function wordEnd(text: string, at: number): number {
  let end = at;
  for (;;) {
    WORD.lastIndex = end;
    const part = WORD.exec(text);
    if (part) end += part[0].length;
    const isBracket = end > at && text[end - 1] === "[" && text[end] === '"';
    if (!isBracket) return end;
    BRACKETED.lastIndex = end - 1;
    const key = BRACKETED.exec(text);
    if (!key) throw new FilterError(`a key without its end at character ${end}`);
    end += key[0].length - 1;
  }
}

function quotedAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  const quote = text[at];
  let value = "";
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === quote) return { token: { kind: "value", text: value, at }, end: i + 1 };
    if (quote === '"' && text[i] === "\\" && i + 1 < text.length) i++;
    value += text[i];
  }
  throw new FilterError(`a text without its end at character ${at + 1}`);
}
