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
  #event = "";
  #id = "";
  #data: string | undefined;
  readonly #maxLength: number;

  /** @param maxLength characters of a line: a longer one is refused */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The events that end in this piece. Throws if one is too long to be kept. */
  add(piece: string): readonly StreamEvent[] {
    const end = piece.lastIndexOf("\n") + 1;
    const lines = end === 0 ? [] : [...this.#rest.splice(0), piece.slice(0, end)].join("").split("\n").slice(0, -1);
    if (end > 0) this.#restLength = 0;
    this.#rest.push(piece.slice(end));
    this.#restLength += piece.length - end;
    if (this.#restLength > this.#maxLength) throw new Error(`an event of more than ${this.#maxLength} characters`);
    return lines.flatMap((line) => this.#line(line.replace(/\r$/, "")));
  }

  #line(line: string): readonly StreamEvent[] {
    if (line === "") return this.#end();
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

  #end(): readonly StreamEvent[] {
    const data = this.#data;
    const event = { event: this.#event, id: this.#id };
    this.#event = "";
    this.#data = undefined;
    return data === undefined ? [] : [{ ...event, data }];
  }
}
