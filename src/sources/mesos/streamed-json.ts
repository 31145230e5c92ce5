import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  EndOfText,
  type JsonKind,
  MAX_DEPTH,
  MemberNames,
  StateScanner,
  tooDeep,
} from "./state-scanner.js";

/** Pauses whenever more of the text is needed, and ends with what has been read. */
export type Reading<Result = void> = Generator<undefined, Result, undefined>;

const NO_NAMES = new MemberNames([]);

/**
 * A JSON text that is read while it comes in: of all that it is made of only as much is held as a single value that is read
 * at once takes. Objects and arrays that may be large are walked with members() and elements(), those within them that
 * are small are read by a StateScanner.
 */
export class StreamedJson {
  /** For what read() is given. */
  readonly scanner = new StateScanner(Buffer.alloc(0));
  #ended = false;
  /** Objects and arrays that are being walked. */
  #depth = 0;

  /** The next part of the text, which must stay as it is while it is read. The reading that pauses for it may go on. */
  add(text: Uint8Array): void {
    this.scanner.append(text);
  }

  /** There is no more of it. */
  end(): void {
    this.#ended = true;
  }

  /** What stands here, told by its first byte. */
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

  /** Walks the array that stands here: `visit` must consume each element. */
  *elements(visit: (index: number) => Reading): Reading {
    let index = 0;
    for (let more = yield* this.#enter(); more; more = yield* this.#whole(NEXT_ELEMENT)) yield* visit(index++);
    this.#depth--;
  }

  /** What `read` makes of the value that stands here. It is called again, from the start, where the value had not come whole. */
  *read<Result>(read: (scanner: StateScanner) => Result): Reading<Result> {
    if ((yield* this.kind()) === "other") yield* this.#whole((scanner) => this.#awaitEnd(scanner));
    return yield* this.#whole(read);
  }

  /** Decodes the value that stands here. */
  *value(): Reading<unknown> {
    return yield* this.read(VALUE);
  }

  /** Steps over the value that stands here, however large it is. */
  *skip(): Reading {
    const kind = yield* this.kind();
    if (kind === "other") return yield* this.read(SKIP);
    const start = this.scanner.at();
    try {
      return this.scanner.skip();
    } catch (error) {
      if (this.#ended || !(error instanceof EndOfText)) throw error;
    }
    this.scanner.goBack(start);
    // Part by part, so that it need not be held.
    if (kind === "object") yield* this.members(NO_NAMES, () => this.skip());
    else yield* this.elements(() => this.skip());
  }

  /** Asserts that nothing but white space follows. */
  *behind(): Reading {
    yield* this.#arrive();
    this.scanner.end();
  }

  *#enter(): Reading<boolean> {
    if (this.#depth++ === MAX_DEPTH) throw tooDeep(this.scanner.at());
    return yield* this.#whole(ENTER);
  }

  /** A number, or what begins like one, may go on in the next part. */
  #awaitEnd(scanner: StateScanner): void {
    const start = scanner.at();
    scanner.skip();
    if (scanner.ahead === 0 && !this.#ended) throw new EndOfText("STATE_INVALID", "the value may go on");
    scanner.goBack(start);
  }

  /** To the first byte of what comes next, where there is anything. */
  *#arrive(): Reading {
    const { scanner } = this;
    for (scanner.skipSpace(); scanner.ahead === 0 && !this.#ended; scanner.skipSpace()) yield;
  }

  /** Reads, and reads again from the same place, until there is enough of the text. */
  *#whole<Result>(read: (scanner: StateScanner) => Result): Reading<Result> {
    const { scanner } = this;
    for (;;) {
      const start = scanner.at();
      try {
        return read(scanner);
      } catch (error) {
        if (this.#ended || !(error instanceof EndOfText)) throw error;
      }
      scanner.goBack(start);
      // What is large is gone over a few times, not once for every part that comes in.
      const wanted = 2 * scanner.ahead;
      do yield;
      while (scanner.ahead < wanted && !this.#ended);
    }
  }
}

/** Has a text read while it comes in. */
export class StreamedReader<Result> {
  readonly #json = new StreamedJson();
  readonly #reading: Reading<Result>;

  constructor(read: (json: StreamedJson) => Reading<Result>) {
    this.#reading = read(this.#json);
  }

  /** The next part, which must stay as it is. Throws what the reading throws, after which there is no going on. */
  add(text: Uint8Array): void {
    this.#json.add(text);
    this.#reading.next();
  }

  /** There is no more of it. Throws as add() does. */
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
