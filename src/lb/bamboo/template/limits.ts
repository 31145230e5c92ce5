import { MesosDnsError } from "../../../base/errors.js";

/**
 * What a template may cost. Whoever may edit one may not stop the program with it: every action, every element and every
 * character that it makes is counted.
 */
export const LIMITS = {
  /** Of the text of a template, in characters. */
  template: 1 << 20,
  /** Of variables that can be used at one place, which are looked through one by one. */
  variables: 1_000,
  /** Of what an error quotes of the template, in characters: names may be as long as it is. */
  quoted: 500,
  /** Of an error's whole message. */
  message: 2_000,
  /** Of what is printed, in characters. */
  output: 64 << 20,
  /** Of all texts and lists that functions have made, in octets or so. */
  made: 256 << 20,
  /** Actions, commands and elements; one for each 64 characters that a function reads or makes. */
  steps: 20_000_000,
  /** Of actions inside each other, and of parentheses. */
  nesting: 100,
  /** Of lists of actions and pipelines that are being executed, over all templates that call each other. */
  depth: 500,
};

/** What an element of a list that a function makes costs, in octets. */
const ELEMENT_OCTETS = 64;
const CHARACTERS_A_STEP = 64;

/** An error in a template: LB_TEMPLATE, in not more characters than a message may have. */
export function templateError(message: string): MesosDnsError {
  return new MesosDnsError("LB_TEMPLATE", `template: ${shortened(message, LIMITS.message)}`);
}

export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** A limit that was reached. Its message is a clause. */
export class LimitReached extends Error {}

/** Counts what one execution costs. Each method throws LimitReached. */
export class Meter {
  #steps = 0;
  #made = 0;
  #printed = 0;

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > LIMITS.steps) throw new LimitReached(`the template takes more than ${LIMITS.steps} steps`);
  }

  /** Counts the reading of a text. */
  read(text: string): void {
    this.step(1 + text.length / CHARACTERS_A_STEP);
  }

  /** Counts a text of a function before it is made. */
  make(characters: number): void {
    this.step(1 + characters / CHARACTERS_A_STEP);
    this.#made += characters;
    if (this.#made > LIMITS.made)
      throw new LimitReached(`the template makes more than ${LIMITS.made >> 20} MiB of text`);
  }

  makeList(length: number): void {
    this.make(length * ELEMENT_OCTETS);
  }

  print(characters: number): void {
    this.#printed += characters;
    if (this.#printed > LIMITS.output) {
      throw new LimitReached(`the template prints more than ${LIMITS.output >> 20} MiB`);
    }
  }
}
