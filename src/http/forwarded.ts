/** A token (RFC 9110 §5.6.2), and, as proxies write them without quotes, an address with a port or in brackets. */
const VALUE = /[\w!#$%&'*+.^`|~:[\]-]+/y;
const NAME = /[\w!#$%&'*+.^`|~-]+/y;
/** RFC 9110 §5.6.4; what a backslash stands before is meant as it is. */
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** RFC 9110 §5.6.3. */
const SPACE = /[ \t]*/y;

/**
 * Reads a `Forwarded` header (RFC 7239 §4): of each element what stands behind `for=`, or "" where there is nothing. Nothing where it
 * cannot be read: who misunderstands one element may take a client's words for those of a proxy.
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

/** The parameters of one element by their names in lower case; nothing where it cannot be read, or has one twice. */
function readElement(reader: Reader): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  do {
    const name = reader.take(NAME)?.[0].toLowerCase();
    // The element is empty, or what stands between two semicolons.
    if (name === undefined) continue;
    if (parameters.has(name) || !reader.skip("=")) return undefined;
    const value = reader.take(QUOTED)?.[1].replace(/\\(.)/gs, "$1") ?? reader.take(VALUE)?.[0];
    if (value === undefined) return undefined;
    parameters.set(name, value);
  } while (reader.skip(";"));
  return parameters;
}

/** Goes through a text; spaces around what it reads are passed over. */
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

  /** What stands here, if that is what `pattern`, which is sticky, says. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    this.#at = pattern.lastIndex;
    this.#skipSpace();
    return found;
  }

  /** Passes over this character, if it stands here. */
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
