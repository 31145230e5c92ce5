import { MemberNames } from "./member-names.js";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  EndOfText,
  type JsonKind,
  MAX_DEPTH,
  StateScanner,
  tooDeep,
} from "./state-scanner.js";

/** A generator that yields whenever it needs more of the text, and returns what it has read. */
export type Reading<Result = void> = Generator<undefined, Result, undefined>;

const NO_NAMES = new MemberNames([]);

/**
 * A JSON text that is read while it arrives. It holds no more of the text than the largest value that is read at once. Walk
 * objects and arrays that may be large with members() and elements(); read the small values in them with a StateScanner.
 */
export class StreamedJson {
  /** The scanner that read() passes on. */
  readonly scanner = new StateScanner(Buffer.alloc(0));
  #ended = false;
  /** How many nested objects and arrays are being walked. */
  #depth = 0;

  /** Adds the next part of the text, which must not change while it is read. Resume the paused Reading after this. */
  add(text: Uint8Array): void {
    this.scanner.append(text);
  }

  /** Call this after the last part. */
  end(): void {
    this.#ended = true;
  }

  /** The kind of the value at the current position, judged by its first byte. */
  *kind(): Reading<JsonKind> {
    yield* this.#arrive();
    return this.scanner.kind();
  }

  /** As StateScanner.members(): `visit` must consume the value. */
  *members(names: MemberNames, visit: (name: number) => Reading): Reading {
    const { scanner } = this;
    for (let more = yield* this.#enter(); more; more = yield* this.#whole(NEXT_MEMBER)) {
      yield* this.#arrive();
      const name = yield* this.#whole(() => scanner.memberName(names));
      if (name < 0) yield* this.skip();
      else yield* visit(name);
    }
    this.#depth--;
  }

  /** Walks the array at the current position. `visit` must consume each element. */
  *elements(visit: (index: number) => Reading): Reading {
    let index = 0;
    for (let more = yield* this.#enter(); more; more = yield* this.#whole(NEXT_ELEMENT)) yield* visit(index++);
    this.#depth--;
  }

  /**
   * Returns what `read` makes of the value at the current position. If the value is incomplete, calls `read` again from its start
   * later.
   */
  *read<Result>(read: (scanner: StateScanner) => Result): Reading<Result> {
    if ((yield* this.kind()) === "other") yield* this.#whole((scanner) => this.#awaitEnd(scanner));
    return yield* this.#whole(read);
  }

  /** Decodes the value at the current position. */
  *value(): Reading<unknown> {
    return yield* this.read(VALUE);
  }

  /** Skips the value at the current position, however large it is. */
  *skip(): Reading {
    const kind = yield* this.kind();
    if (kind === "other") return yield* this.read(SKIP);
    const start = this.scanner.at();
    try {
      return this.scanner.skip();
    } catch (error) {
      if (this.#ended || !(error instanceof EndOfText)) throw error;
    }
    this.scanner.goTo(start);
    // Skip it part by part, so that it need not be held in memory.
    if (kind === "object") yield* this.members(NO_NAMES, () => this.skip());
    else yield* this.elements(() => this.skip());
  }

  /** Throws unless only white space follows. */
  *expectEnd(): Reading {
    yield* this.#arrive();
    this.scanner.end();
  }

  *#enter(): Reading<boolean> {
    if (this.#depth++ === MAX_DEPTH) throw tooDeep(this.scanner.at());
    return yield* this.#whole(ENTER);
  }

  /** A number or a word may continue in the next part. */
  #awaitEnd(scanner: StateScanner): void {
    const start = scanner.at();
    scanner.skip();
    if (scanner.ahead === 0 && !this.#ended) throw new EndOfText("STATE_INVALID", "the value may go on");
    scanner.goTo(start);
  }

  /** Moves to the first byte of the next token, if there is one. */
  *#arrive(): Reading {
    const { scanner } = this;
    for (scanner.skipSpace(); scanner.ahead === 0 && !this.#ended; scanner.skipSpace()) yield;
  }

  /** Calls `read` from the same position until enough of the text has arrived. */
  *#whole<Result>(read: (scanner: StateScanner) => Result): Reading<Result> {
    const { scanner } = this;
    for (;;) {
      const start = scanner.at();
      try {
        return read(scanner);
      } catch (error) {
        if (this.#ended || !(error instanceof EndOfText)) throw error;
      }
      scanner.goTo(start);
      // Wait for twice as much text, so that a large value is not read again for every part that arrives.
      const wanted = 2 * scanner.ahead;
      do yield;
      while (scanner.ahead < wanted && !this.#ended);
    }
  }
}

/** Runs a Reading while the text arrives. */
export class StreamedReader<Result> {
  readonly #json = new StreamedJson();
  readonly #reading: Reading<Result>;

  constructor(read: (json: StreamedJson) => Reading<Result>) {
    this.#reading = read(this.#json);
  }

  /** Adds the next part, whose memory must not change afterwards. Throws what the Reading throws: it cannot be continued after that. */
  add(text: Uint8Array): void {
    this.#json.add(text);
    this.#reading.next();
  }

  /** Call this after the last part. Throws as add() does. */
  end(): Result {
    this.#json.end();
    const { done, value } = this.#reading.next();
    if (!done) throw new Error("a text is still being read after its end");
    return value;
  }
}

const VALUE = (scanner: StateScanner) => scanner.value();
const SKIP = (scanner: StateScanner) => scanner.skip();
const ENTER = (scanner: StateScanner) => scanner.enter();
const NEXT_MEMBER = (scanner: StateScanner) => scanner.next(CLOSE_BRACE);
const NEXT_ELEMENT = (scanner: StateScanner) => scanner.next(CLOSE_BRACKET);
