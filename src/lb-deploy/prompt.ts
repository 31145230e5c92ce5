import { createInterface, type Interface } from "node:readline";

/** Questions to a person, answered line by line. */
export class Prompt {
  #terminal: Interface | undefined;
  #lines: AsyncIterator<string> | undefined;

  /** Yes is the default; whoever says nothing more has not said yes. */
  async mayGoOn(question: string): Promise<boolean> {
    this.#terminal ??= createInterface({ input: process.stdin });
    this.#lines ??= this.#terminal[Symbol.asyncIterator]();
    for (;;) {
      process.stderr.write(`${question} [Y/n] `);
      const { done, value } = await this.#lines.next();
      const answer = done ? "no" : value.trim().toLowerCase();
      if (answer === "" || answer === "y" || answer === "yes") return true;
      if (answer === "n" || answer === "no") return false;
    }
  }

  /** Until then, the process waits for answers. */
  close(): void {
    this.#terminal?.close();
  }
}
