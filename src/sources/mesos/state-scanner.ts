import { MesosDnsError } from "../../base/errors.js";

/**
 * Walks JSON in bytes without building a tree of it. A master's state can be 75 MB of which a few megabytes matter:
 * what is not asked for is stepped over, what is asked for is decoded in small pieces with JSON.parse.
 *
 * The text may come in parts: see StreamedJson (`streamed-json.ts`), which knows when to ask for the next.
 *
 * What is stepped over is checked for closed strings and matching brackets only; what is decoded is checked strictly.
 * Every fault is a MesosDnsError STATE_INVALID that says what was found and at which byte.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
/** Tab, line feed, carriage return and space are all JSON allows between tokens, and nothing lower is a token. */
const SPACE = 0x20;
/** A master nests about 15 deep. Deeper than this is an attack on whoever walks the tree. */
export const MAX_DEPTH = 256;

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

/** The text is not all there, or is cut off: which of both, only whoever has it knows. */
export class EndOfText extends MesosDnsError {}

/** A position in a JSON text. Between calls it stands at the first byte of a value, or behind one. */
export class StateScanner {
  #bytes: Buffer;
  #at = 0;
  /** Bytes of the text in front of those that are held. */
  #base = 0;
  /** Where parts of the text are put together. */
  #room = Buffer.alloc(0);

  /** @param text all of it, or its beginning; it must stay as it is while it is read */
  constructor(text: Uint8Array) {
    this.#bytes = bufferOf(text);
    this.skipSpace();
  }

  /** Adds what comes next, and forgets what lies behind the scanner. It must stay as it is while it is read. */
  append(text: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#base += this.#at;
    this.#at = 0;
    this.#bytes = rest.length === 0 ? bufferOf(text) : this.#join(rest, text);
  }

  /** Where the scanner stands: bytes from the start of the text. */
  at(): number {
    return this.#base + this.#at;
  }

  /** Goes back to where at() said it was, as long as that has not been forgotten. */
  goBack(position: number): void {
    this.#at = position - this.#base;
  }

  /** Bytes from here on that are held. */
  get ahead(): number {
    return this.#bytes.length - this.#at;
  }

  /** What stands here, told by its first byte. */
  kind(): JsonKind {
    const byte = this.#bytes[this.#at];
    return byte === OPEN_BRACE ? "object" : byte === OPEN_BRACKET ? "array" : "other";
  }

  /**
   * Walks the object that stands here. For each member that `names` has, `visit` is called with the name's index and
   * must consume the value by skip(), value() or members(); all others are stepped over.
   */
  members(names: MemberNames, visit: (name: number) => void): void {
    for (let more = this.enter(); more; more = this.next(CLOSE_BRACE)) {
      const name = this.memberName(names);
      if (name < 0) this.skip();
      else visit(name);
    }
  }

  /**
   * Steps into the object or array that stands here; false where it is empty, and is behind. next() leads on. To walk by hand what may be
   * large, as StreamedJson does.
   */
  enter(): boolean {
    // In ASCII both closing brackets stand two places behind the opening ones.
    const close = (this.#bytes[this.#at] as number) + 2;
    this.#at++;
    this.skipSpace();
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#unexpected(this.#at, close === CLOSE_BRACE ? "a member name" : "a value");
    if (byte !== close) return true;
    this.#at++;
    return false;
  }

  /** From behind a member's value or an element to the next; false where there is none, and the `close` bracket is behind. */
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

  /** From a member's name to its value. @returns the name's index, or -1 */
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

  /** Steps over white space. */
  skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while ((bytes[at] as number) <= SPACE) at++;
    this.#at = at;
  }

  /** Steps over the value that stands here. */
  skip(): void {
    const byte = this.#bytes[this.#at];
    if (byte === QUOTE) this.#at = this.#behindString(this.#at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#at = this.#behindNested(this.#at);
    else this.#at = this.#behindScalar(this.#at);
  }

  /** The text from a position that at() gave before up to here. It stays as it is until the next append(). */
  textFrom(start: number): Uint8Array {
    return this.#bytes.subarray(start - this.#base, this.#at);
  }

  /** Decodes the value that stands here. */
  value(): unknown {
    const start = this.at();
    this.skip();
    return this.decode(start, this.at());
  }

  /** Decodes the value between two positions that at() gave before and behind it. */
  decode(start: number, end: number): unknown {
    const bytes = this.#bytes;
    const [from, to] = [start - this.#base, end - this.#base];
    if (bytes[from] === QUOTE && isPlain(bytes, from + 1, to - 1)) return bytes.toString("latin1", from + 1, to - 1);
    try {
      return JSON.parse(bytes.toString("utf8", from, to));
    } catch (error) {
      // A word such as `true` that the next part goes on with; what else is cut off does not come so far.
      if (to === bytes.length) throw this.#cutOff(`inside the value that begins at byte ${start}`);
      throw invalid(`the value at byte ${start} is not JSON`, error);
    }
  }

  /** Reads what stands at a position that at() gave before, and comes back. */
  readAt<T>(start: number, read: () => T): T {
    const at = this.at();
    this.goBack(start);
    const result = read();
    this.goBack(at);
    return result;
  }

  /** Asserts that nothing but white space follows. */
  end(): void {
    this.skipSpace();
    if (this.#at < this.#bytes.length) throw this.#unexpected(this.#at, "the end");
  }

  /** Begins with what is left of the text before, in memory that serves again and again. */
  #join(rest: Buffer, text: Uint8Array): Buffer {
    const length = rest.length + text.length;
    const room =
      length <= this.#room.length ? this.#room : Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#room.length));
    this.#room = room;
    room.set(rest);
    room.set(text, rest.length);
    return room.subarray(0, length);
  }

  /** From a string's opening quote to behind its closing one. */
  #behindString(start: number): number {
    const bytes = this.#bytes;
    for (let at = start + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at++;
    }
    throw this.#cutOff(`inside the string that begins at byte ${this.#base + start}`);
  }

  /** From an opening bracket to behind the one that closes it. */
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

  /** A number, true, false or null: up to what can follow one. */
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

function bufferOf(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Whether a string's bytes stand for themselves: ASCII, nothing escaped, no control characters. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH || byte < SPACE || byte >= 0x80) return false;
  }
  return true;
}

/** @param at the byte that opens a level too many */
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
