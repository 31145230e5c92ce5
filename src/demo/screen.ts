/** Enough of a terminal, or of whatever else standard output is. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

const ERASE_LINE = "\r\x1b[2K";
/** Milliseconds between status lines where they cannot replace each other. */
const OCCASIONALLY = 5_000;

/** Lines that stay, and below them on a terminal one that is kept current. Elsewhere, a status is a line now and then. */
export class Screen {
  readonly #output: Output;
  readonly #now: () => number;
  #status = "";
  #topic: unknown;
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds from any fixed point */
  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  print(text: string): void {
    this.#output.write(this.#output.isTTY ? `${ERASE_LINE}${text}\n${this.#fitted()}` : `${text}\n`);
  }

  /** @param topic what the line is about; where lines stay, one is written only for another topic than the last */
  status(line: string, topic: unknown): void {
    this.#status = line;
    if (this.#output.isTTY) {
      this.#output.write(ERASE_LINE + this.#fitted());
    } else if (topic !== this.#topic && this.#now() - this.#writtenAt >= OCCASIONALLY) {
      this.#topic = topic;
      this.#writtenAt = this.#now();
      this.#output.write(`${line}\n`);
    }
  }

  /** A line that wraps could not be erased. A terminal that does not know its width says 0. */
  #fitted(): string {
    const room = (this.#output.columns || 80) - 1;
    return this.#status.length <= room ? this.#status : `${this.#status.slice(0, room - 1)}…`;
  }
}
