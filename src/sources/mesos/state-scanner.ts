import { MesosDnsError } from "../../base/errors.js";
import type { MemberNames } from "./member-names.js";

/**
 * Scans JSON in bytes without building a tree of it. A master's state can have 75 MB, of which a few megabytes matter:
 * the scanner skips values that the caller does not ask for, and decodes the others in small pieces with JSON.parse.
 *
 * The text may arrive in parts: see StreamedJson (`streamed-json.ts`), which waits for the next one.
 *
 * In skipped values, only closed strings and matching brackets are checked; decoded values are checked strictly.
 * Every fault is a MesosDnsError STATE_INVALID that says what was found, and at which byte.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
/** JSON allows only tab, line feed, carriage return and space between tokens, and no token begins with a lower byte. */
const SPACE = 0x20;
/** A master's state nests about 15 levels deep. A deeper text is an attack on the parser's stack. */
export const MAX_DEPTH = 256;

export type JsonKind = "object" | "array" | "other";

/** The text ends too early. Only the caller knows whether more is to come or the text is cut off. */
export class EndOfText extends MesosDnsError {}

/** A position in a JSON text. Between calls it is at the first byte of a value, or just after a value. */
export class StateScanner {
  #bytes: Buffer;
  #at = 0;
  /** How many bytes of the text have been dropped. */
  #base = 0;
  /** The buffer in which parts of the text are joined. */
  #room = Buffer.alloc(0);

  /** @param text the whole text or its beginning; must not change while it is read */
  constructor(text: Uint8Array) {
    this.#bytes = bufferOf(text);
    this.skipSpace();
  }

  /** Adds the next part of the text, which must not change while it is read. Drops the text before the current position. */
  append(text: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#base += this.#at;
    this.#at = 0;
    this.#bytes = rest.length === 0 ? bufferOf(text) : this.#join(rest, text);
  }

  /** The current position: bytes from the start of the text. */
  at(): number {
    return this.#base + this.#at;
  }

  /** Goes to a position from at(), which must not have been dropped, or to the end of a value that the caller knows. */
  goTo(position: number): void {
    this.#at = position - this.#base;
  }

  /** How many bytes from the current position on have arrived. */
  get ahead(): number {
    return this.#bytes.length - this.#at;
  }

  /** The kind of the value at the current position, judged by its first byte. */
  kind(): JsonKind {
    const byte = this.#bytes[this.#at];
    return byte === OPEN_BRACE ? "object" : byte === OPEN_BRACKET ? "array" : "other";
  }

  /**
   * Walks the object at the current position. For each member in `names`, calls `visit` with the name's index; it
   * must consume the value by skip(), value() or members(). Skips all other members.
   */
  members(names: MemberNames, visit: (name: number) => void): void {
    for (let more = this.enter(); more; more = this.next(CLOSE_BRACE)) {
      const name = this.memberName(names);
      if (name < 0) this.skip();
      else visit(name);
    }
  }

  /**
   * Enters the object or array at the current position. Returns false if it is empty, with the position after it. next() goes on from there.
   * StreamedJson walks large values this way.
   */
  enter(): boolean {
    // In ASCII, the code of each closing bracket is that of its opening one plus two.
    const close = (this.#bytes[this.#at] as number) + 2;
    this.#at++;
    this.skipSpace();
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#unexpected(this.#at, close === CLOSE_BRACE ? "a member name" : "a value");
    if (byte !== close) return true;
    this.#at++;
    return false;
  }

  /** From the end of a member's value or an element to the next one. Returns false at the `close` bracket, and moves past it. */
  next(close: typeof CLOSE_BRACE | typeof CLOSE_BRACKET): boolean {
    this.skipSpace();
    const byte = this.#bytes[this.#at];
    if (byte !== COMMA && byte !== close)
      throw this.#unexpected(this.#at, close === CLOSE_BRACE ? "',' or '}'" : "',' or ']'");
    this.#at++;
    if (byte === close) return false;
    this.skipSpace();
    return true;
  }

  /** From a member's name to its value. @returns the name's index, or -1 for an unknown name */
  memberName(names: MemberNames): number {
    const bytes = this.#bytes;
    const start = this.#at;
    if (bytes[start] !== QUOTE) throw this.#unexpected(start, "a member name");
    const end = this.#behindString(start);
    this.#at = end;
    this.skipSpace();
    if (bytes[this.#at] !== COLON) throw this.#unexpected(this.#at, "':'");
    this.#at++;
    this.skipSpace();
    return names.find(bytes, start + 1, end - 1);
  }

  /** Skips white space. */
  skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while ((bytes[at] as number) <= SPACE) at++;
    this.#at = at;
  }

  /** Skips the value at the current position. */
  skip(): void {
    const byte = this.#bytes[this.#at];
    if (byte === QUOTE) this.#at = this.#behindString(this.#at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#at = this.#behindNested(this.#at);
    else this.#at = this.#behindScalar(this.#at);
  }

  /** The text from a position that at() returned up to the current one. It stays valid until the next append(). */
  textFrom(start: number): Uint8Array {
    return this.#bytes.subarray(start - this.#base, this.#at);
  }

  /** Decodes the value at the current position. */
  value(): unknown {
    const start = this.at();
    this.skip();
    return this.decode(start, this.at());
  }

  /** Decodes the value between two positions from at(). */
  decode(start: number, end: number): unknown {
    const bytes = this.#bytes;
    const [from, to] = [start - this.#base, end - this.#base];
    if (bytes[from] === QUOTE && isPlain(bytes, from + 1, to - 1)) return bytes.toString("latin1", from + 1, to - 1);
    try {
      return JSON.parse(bytes.toString("utf8", from, to));
    } catch (error) {
      // A word such as `true`, which the next part may continue. Any other value that is cut off has failed before.
      if (to === bytes.length) throw this.#cutOff(`inside the value that begins at byte ${start}`);
      throw invalid(`the value at byte ${start} is not JSON`, error);
    }
  }

  /** Reads at an earlier position from at(), then returns to the current one. */
  readAt<T>(start: number, read: () => T): T {
    const at = this.at();
    this.goTo(start);
    const result = read();
    this.goTo(at);
    return result;
  }

  /** Throws unless only white space follows. */
  end(): void {
    this.skipSpace();
    if (this.#at < this.#bytes.length) throw this.#unexpected(this.#at, "the end");
  }

  /** Joins the rest of the former text and the new part, in a buffer that is reused. */
  #join(rest: Buffer, text: Uint8Array): Buffer {
    const length = rest.length + text.length;
    const room =
      length <= this.#room.length ? this.#room : Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#room.length));
    this.#room = room;
    room.set(rest);
    room.set(text, rest.length);
    return room.subarray(0, length);
  }

  /** From a string's opening quote to the position after its closing one. */
  #behindString(start: number): number {
    const bytes = this.#bytes;
    for (let at = start + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at++;
    }
    throw this.#cutOff(`inside the string that begins at byte ${this.#base + start}`);
  }

  /** From an opening bracket to the position after its closing one. */
  #behindNested(start: number): number {
    const bytes = this.#bytes;
    const open: number[] = [];
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        at = this.#behindString(at) - 1;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (open.length === MAX_DEPTH) throw tooDeep(this.#base + at);
        open.push(byte);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (open.pop() !== byte - 2) throw this.#unexpected(at, "the bracket that is open");
        if (open.length === 0) return at + 1;
      }
    }
    throw this.#cutOff(`inside what begins at byte ${this.#base + start}`);
  }

  /** From the start of a number, true, false or null to the first byte that cannot belong to it. */
  #behindScalar(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte <= SPACE || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
      if (byte === QUOTE || byte === COLON) throw this.#unexpected(at, "a value");
    }
    if (at === start) throw this.#unexpected(at, "a value");
    return at;
  }

  #unexpected(at: number, wanted: string): MesosDnsError {
    const byte = this.#bytes[at];
    if (byte === undefined) return this.#cutOff(`where ${wanted} should follow`, " ");
    return invalid(`byte ${this.#base + at} is ${printable(byte)} where ${wanted} should be`);
  }

  #cutOff(where: string, separator = ", "): EndOfText {
    const what = `it ends at byte ${this.#base + this.#bytes.length}${separator}${where}`;
    return new EndOfText("STATE_INVALID", `${INVALID}: ${what}`);
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether a string needs no decoding: ASCII without escapes and control characters. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH || byte < SPACE || byte >= 0x80) return false;
  }
  return true;
}

/** @param at the position of the bracket that opens one level too many */
export function tooDeep(at: number): MesosDnsError {
  return invalid(`it nests deeper than ${MAX_DEPTH} levels at byte ${at}`);
}

function printable(byte: number): string {
  return byte > SPACE && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `0x${byte.toString(16).padStart(2, "0")}`;
}

const INVALID = "the state is not valid JSON";

function invalid(what: string, cause?: unknown): MesosDnsError {
  return new MesosDnsError("STATE_INVALID", `${INVALID}: ${what}`, { cause });
}
