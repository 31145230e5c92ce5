import { MesosDnsError } from "../errors.js";

/**
 * Walks JSON in bytes without building a tree of it. A master's state can be 75 MB of which a few megabytes matter:
 * what is not asked for is stepped over, what is asked for is decoded in small pieces with JSON.parse.
 *
 * What is stepped over is checked for closed strings and matching brackets only; what is decoded is checked strictly.
 * Every fault is a MesosDnsError STATE_INVALID that says what was found and at which byte.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Tab, line feed, carriage return and space are all JSON allows between tokens, and nothing lower is a token. */
const SPACE = 0x20;
/** A master nests about 15 deep. Deeper than this is an attack on whoever walks the tree. */
const MAX_DEPTH = 256;

export type JsonKind = "object" | "array" | "other";

/**
 * Member names to look for, compared as bytes so that no string is made of every name in the body. One written with
 * escapes is therefore not found; no master writes one.
 */
export class MemberNames {
  readonly #names: readonly Uint8Array[];

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
  }

  /** The index of the name written between `start` and `end` (its quotes left out), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (let index = 0; index < this.#names.length; index++) {
      const name = this.#names[index] as Uint8Array;
      if (name.length === end - start && startsWith(bytes, start, name)) return index;
    }
    return -1;
  }
}

function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

/** A position in a JSON text. Between calls it stands at the first byte of a value, or behind one. */
export class StateScanner {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#at = skipSpace(this.#bytes, 0);
  }

  /** Where the scanner stands: bytes from the start of the body. */
  at(): number {
    return this.#at;
  }

  /** What stands here, told by its first byte. */
  kind(): JsonKind {
    const byte = this.#bytes[this.#at];
    return byte === OPEN_BRACE ? "object" : byte === OPEN_BRACKET ? "array" : "other";
  }

  /**
   * Walks the object that stands here. For each member that `names` has, `visit` is called with the name's index and
   * must consume the value by skip(), value(), members() or elements(); all others are stepped over.
   */
  members(names: MemberNames, visit: (name: number) => void): void {
    const bytes = this.#bytes;
    let at = skipSpace(bytes, this.#at + 1);
    if (bytes[at] === CLOSE_BRACE) {
      this.#at = at + 1;
      return;
    }
    for (;;) {
      if (bytes[at] !== QUOTE) throw unexpected(bytes, at, "a member name");
      const end = skipString(bytes, at);
      const name = names.find(bytes, at + 1, end - 1);
      at = skipSpace(bytes, end);
      if (bytes[at] !== COLON) throw unexpected(bytes, at, "':'");
      this.#at = skipSpace(bytes, at + 1);
      if (name < 0) this.skip();
      else visit(name);
      at = skipSpace(bytes, this.#at);
      if (bytes[at] === CLOSE_BRACE) break;
      if (bytes[at] !== COMMA) throw unexpected(bytes, at, "',' or '}'");
      at = skipSpace(bytes, at + 1);
    }
    this.#at = at + 1;
  }

  /** Walks the array that stands here; `visit` must consume each element as for members(). */
  elements(visit: (index: number) => void): void {
    const bytes = this.#bytes;
    this.#at = skipSpace(bytes, this.#at + 1);
    if (bytes[this.#at] === CLOSE_BRACKET) {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      visit(index);
      const at = skipSpace(bytes, this.#at);
      this.#at = at + 1;
      if (bytes[at] === CLOSE_BRACKET) return;
      if (bytes[at] !== COMMA) throw unexpected(bytes, at, "',' or ']'");
      this.#at = skipSpace(bytes, at + 1);
    }
  }

  /** Steps over the value that stands here. */
  skip(): void {
    this.#at = skipValue(this.#bytes, this.#at);
  }

  /** Decodes the value that stands here. */
  value(): unknown {
    const start = this.#at;
    this.skip();
    return this.decode(start, this.#at);
  }

  /** Decodes the value between two positions that at() gave before and behind it. */
  decode(start: number, end: number): unknown {
    const bytes = this.#bytes;
    if (bytes[start] === QUOTE && isPlain(bytes, start + 1, end - 1)) return bytes.toString("utf8", start + 1, end - 1);
    try {
      return JSON.parse(bytes.toString("utf8", start, end));
    } catch (error) {
      throw invalid(`the value at byte ${start} is not JSON`, error);
    }
  }

  /** Reads what stands at a position that at() gave before, and comes back. */
  readAt<T>(start: number, read: () => T): T {
    const at = this.#at;
    this.#at = start;
    const result = read();
    this.#at = at;
    return result;
  }

  /** Asserts that nothing but white space follows. */
  end(): void {
    const at = skipSpace(this.#bytes, this.#at);
    if (at < this.#bytes.length) throw unexpected(this.#bytes, at, "the end");
  }
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] as number) <= SPACE) at++;
  return at;
}

/** From a string's opening quote to behind its closing one. */
function skipString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
  }
  throw invalid(`it ends at byte ${bytes.length}, inside the string that begins at byte ${start}`);
}

function skipValue(bytes: Uint8Array, start: number): number {
  const byte = bytes[start];
  if (byte === QUOTE) return skipString(bytes, start);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipNested(bytes, start);
  return skipScalar(bytes, start);
}

/** From an opening bracket to behind the one that closes it. */
function skipNested(bytes: Uint8Array, start: number): number {
  const open: number[] = [];
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      at = skipString(bytes, at) - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (open.length === MAX_DEPTH) throw invalid(`it nests deeper than ${MAX_DEPTH} levels at byte ${at}`);
      open.push(byte);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      // In ASCII both closing brackets stand two places behind the opening ones.
      if (open.pop() !== byte - 2) throw unexpected(bytes, at, "the bracket that is open");
      if (open.length === 0) return at + 1;
    }
  }
  throw invalid(`it ends at byte ${bytes.length}, inside what begins at byte ${start}`);
}

/** A number, true, false or null: up to what can follow one. */
function skipScalar(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte <= SPACE || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
    if (byte === QUOTE || byte === COLON) throw unexpected(bytes, at, "a value");
  }
  if (at === start) throw unexpected(bytes, at, "a value");
  return at;
}

/** Whether a string's bytes stand for themselves: nothing escaped, no control characters. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH || byte < SPACE) return false;
  }
  return true;
}

function unexpected(bytes: Uint8Array, at: number, wanted: string): MesosDnsError {
  if (at >= bytes.length) return invalid(`it ends at byte ${bytes.length} where ${wanted} should follow`);
  return invalid(`byte ${at} is ${printable(bytes[at] as number)} where ${wanted} should be`);
}

function printable(byte: number): string {
  return byte > SPACE && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `0x${byte.toString(16).padStart(2, "0")}`;
}

function invalid(what: string, cause?: unknown): MesosDnsError {
  return new MesosDnsError("STATE_INVALID", `the state is not valid JSON: ${what}`, { cause });
}
