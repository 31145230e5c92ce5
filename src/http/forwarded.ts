/** A token (RFC 9110 §5.6.2), and, as proxies write them without quotes, an address with a port or in brackets. */
const VALUE = /[\w!#$%&'*+.^`|~:[\]-]+/y;
const NAME = /[\w!#$%&'*+.^`|~-]+/y;
/** A quoted string (RFC 9110 §5.6.4), in which a backslash escapes the next character. */
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** Optional white space (RFC 9110 §5.6.3). */
const SPACE = /[ \t]*/y;

/**
 * Reads a `Forwarded` header (RFC 7239 §4). Returns the value of `for=` in each element, or "" for an element without it. Returns
 * `undefined` if any element is malformed: after one misread element, text of the client could pass for that of a proxy.
 */
export function forwardedFor(header: string): string[] | undefined {
  const reader = new Reader(header);
  const addresses: string[] = [];
  do {
    const element = readElement(reader);
    if (element === undefined) return undefined;
    // Elements of a list may be empty (RFC 9110 §5.6.1.2).
    if (element.size > 0) addresses.push(element.get("for") ?? "");
  } while (reader.skip(","));
  return reader.isAtEnd ? addresses : undefined;
}

/** The parameters of one element by their lower-case names; `undefined` if it is malformed, or has one twice. */
function readElement(reader: Reader): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  do {
    const name = reader.take(NAME)?.[0].toLowerCase();
    // The element, or the part between two semicolons, is empty.
    if (name === undefined) continue;
    if (parameters.has(name) || !reader.skip("=")) return undefined;
    const value = reader.take(QUOTED)?.[1].replace(/\\(.)/gs, "$1") ?? reader.take(VALUE)?.[0];
    if (value === undefined) return undefined;
    parameters.set(name, value);
  } while (reader.skip(";"));
  return parameters;
}

/** Reads a text from left to right, and skips white space between its parts. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes what the sticky `pattern` matches at the current position; `undefined` if it does not match. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    this.#at = pattern.lastIndex;
    this.#skipSpace();
    return found;
  }

  /** Skips this character. Returns false if another one is at the current position. */
  skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }
}
