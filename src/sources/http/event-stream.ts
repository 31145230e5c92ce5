/** Reads `text/event-stream` (WHATWG HTML §9.2), as far as a server of one line of data an event uses it. */

export interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export class EventStreamReader {
  /** The pieces of a line that has not ended: joined once, as a table of megabytes comes in hundreds of them. */
  #rest: string[] = [];
  #restLength = 0;
  /** Whether the line that has not ended is too long, and its beginning dropped. */
  #isDropping = false;
  #event = "";
  #id = "";
  #data: string | undefined;
  #isLeftOut = false;
  readonly #maxLength: number;
  readonly #onLeftOut: ((id: string) => void) | undefined;

  /**
   * @param maxLength characters of a line
   * @param onLeftOut called with the id of an event that has a longer line, and is left out; without it, such an event is refused
   */
  constructor(maxLength: number, onLeftOut?: (id: string) => void) {
    this.#maxLength = maxLength;
    this.#onLeftOut = onLeftOut;
  }

  /** The events that end in this piece. Throws if one is too long to be kept, and is not left out. */
  add(piece: string): readonly StreamEvent[] {
    const end = piece.lastIndexOf("\n") + 1;
    const lines = end === 0 ? [] : [...this.#rest.splice(0), piece.slice(0, end)].join("").split("\n").slice(0, -1);
    if (end > 0) {
      this.#restLength = 0;
      if (this.#isDropping) lines.shift();
      this.#isDropping = false;
    }
    const events = lines.flatMap((line) => this.#line(line.replace(/\r$/, "")));
    this.#rest.push(piece.slice(end));
    this.#restLength += piece.length - end;
    if (this.#restLength > this.#maxLength) {
      this.#leaveOut();
      this.#rest = [];
      this.#restLength = 0;
      this.#isDropping = true;
    }
    return events;
  }

  #line(line: string): readonly StreamEvent[] {
    if (line === "") return this.#end();
    if (line.length > this.#maxLength) return this.#leaveOut();
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).replace(/^ /, "");
    switch (line.slice(0, colon)) {
      case "event":
        this.#event = value;
        break;
      case "id":
        this.#id = value;
        break;
      case "data":
        this.#data = value;
    }
    return [];
  }

  /** Leaves out the event that this line belongs to. */
  #leaveOut(): readonly StreamEvent[] {
    if (!this.#onLeftOut) throw new Error(`an event of more than ${this.#maxLength} characters`);
    this.#isLeftOut = true;
    return [];
  }

  #end(): readonly StreamEvent[] {
    const data = this.#data;
    const event = { event: this.#event, id: this.#id };
    const isLeftOut = this.#isLeftOut;
    this.#event = "";
    this.#data = undefined;
    this.#isLeftOut = false;
    if (isLeftOut) this.#onLeftOut?.(event.id);
    return data === undefined || isLeftOut ? [] : [{ ...event, data }];
  }
}
