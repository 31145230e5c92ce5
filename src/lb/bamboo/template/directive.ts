import type { Value } from "./values.js";
import { NO_FLAGS, type Spec } from "./verbs.js";

/** Widths and precisions above it are no numbers to Go, which looks before it takes the last digit. */
const LARGEST = 1_000_000;

const FLAGS: ReadonlyMap<string, keyof Spec> = new Map([
  ["+", "plus"],
  ["#", "sharp"],
  [" ", "space"],
] as const);

/** One directive of a format, such as `%-5d`. */
export interface Directive {
  /** What is to be formatted, a text to print as it is, or nothing. */
  readonly spec: Spec | string | undefined;
  /** What is wrong with it, to be printed before. */
  readonly complaint: string;
  /** Behind it in the format. */
  readonly end: number;
  /** Which value is formatted. */
  readonly next: number;
  /** Whether it says so itself, as `%[2]d` does. */
  readonly reordered: boolean;
}

/** Reads what stands behind the `%` at `at`. `next` is the value that is on. */
export function readDirective(pattern: string, at: number, values: readonly Value[], next: number): Directive {
  const reader = new Reader(pattern, at, values, next);
  return reader.read();
}

class Reader {
  readonly #pattern: string;
  readonly #values: readonly Value[];
  #at: number;
  #next: number;
  #reordered = false;
  #isBadIndex = false;
  #complaint = "";
  #spec: Spec = { ...NO_FLAGS, verb: "" };

  constructor(pattern: string, at: number, values: readonly Value[], next: number) {
    this.#pattern = pattern;
    this.#at = at;
    this.#values = values;
    this.#next = next;
  }

  read(): Directive {
    this.#flags();
    let isIndexed = this.#index();
    const width = this.#amount();
    if (width === "bad") this.#complaint += "%!(BADWIDTH)";
    else if (width !== undefined) {
      if (isIndexed && this.#pattern[this.#at - 1] !== "*") this.#isBadIndex = true;
      const minus = this.#spec.minus || width < 0;
      this.#spec = { ...this.#spec, minus, zero: this.#spec.zero && width >= 0, width: Math.abs(width) };
      isIndexed = false;
    }
    if (this.#pattern[this.#at] === ".") {
      this.#at++;
      if (isIndexed) this.#isBadIndex = true;
      isIndexed = this.#index();
      const precision = this.#amount();
      if (precision === "bad" || (precision !== undefined && precision < 0)) this.#complaint += "%!(BADPREC)";
      else this.#spec = { ...this.#spec, precision: precision ?? 0 };
    }
    if (!isIndexed) this.#index();
    return this.#verb();
  }

  #verb(): Directive {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) return this.#done("%!(NOVERB)");
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === "%") return this.#done("%");
    if (this.#isBadIndex) return this.#done(`%!${verb}(BADINDEX)`);
    return this.#done({ ...this.#spec, verb });
  }

  #done(spec: Spec | string): Directive {
    return {
      spec,
      complaint: this.#complaint,
      end: this.#at,
      next: this.#next,
      reordered: this.#reordered,
    };
  }

  #flags(): void {
    for (; this.#at < this.#pattern.length; this.#at++) {
      const character = this.#pattern[this.#at] ?? "";
      const flag = FLAGS.get(character);
      if (flag) this.#spec = { ...this.#spec, [flag]: true };
      else if (character === "-") this.#spec = { ...this.#spec, minus: true, zero: false };
      else if (character === "0") this.#spec = { ...this.#spec, zero: !this.#spec.minus };
      else break;
    }
  }

  /** `[2]`: from now on, values are counted from there. */
  #index(): boolean {
    if (this.#pattern[this.#at] !== "[") return false;
    this.#reordered = true;
    const end = this.#pattern.indexOf("]", this.#at);
    const number = end < 0 ? "" : this.#pattern.slice(this.#at + 1, end);
    this.#at = end < 0 ? this.#at + 1 : end + 1;
    const value = /^[0-9]{1,7}$/.test(number) ? Number(number) : 0;
    if (value < 1 || value > this.#values.length) {
      this.#isBadIndex = true;
      return false;
    }
    this.#next = value - 1;
    return true;
  }

  /** A width or a precision: a number, or `*` for one among the values. */
  #amount(): number | "bad" | undefined {
    if (this.#pattern[this.#at] === "*") {
      this.#at++;
      const value = this.#values[this.#next];
      if (value) this.#next++;
      if (value?.kind !== "int" || value.isOctet) return "bad";
      const amount = Number(value.value);
      return Math.abs(amount) > LARGEST ? "bad" : amount;
    }
    const start = this.#at;
    while (/[0-9]/.test(this.#pattern[this.#at] ?? "")) this.#at++;
    if (this.#at === start) return undefined;
    const amount = Number(this.#pattern.slice(start, this.#at));
    if (Math.floor(amount / 10) <= LARGEST) return amount;
    this.#at = this.#pattern.length;
    return undefined;
  }
}
